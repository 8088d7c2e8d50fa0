#include "incidents/runbook_store.h"

#include <boost/json.hpp>

namespace nightshift::incidents {

Result<void> put_runbook_run(store::Database& db, const RunbookRun& run) {
    NS_TRY(auto put,
           db.prepare("INSERT INTO runbook_runs (id, tenant, incident, planned_us, is_ended, document)"
                      " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                      " is_ended = excluded.is_ended, document = excluded.document"));
    put.bind(1, run.id).bind(2, run.tenant).bind(3, run.incident).bind(4, unix_us(run.planned));
    put.bind(5, static_cast<int64_t>(run.ended.has_value()));
    put.bind(6, boost::json::serialize(show(run)));
    return put.run();
}

Result<std::vector<RunbookRun>> select_runbook_runs(store::Database& db, Time planned_after) {
    NS_TRY(auto select, db.prepare("SELECT document FROM runbook_runs WHERE planned_us >= ? OR is_ended = 0"
                                   " ORDER BY planned_us"));
    select.bind(1, unix_us(planned_after));
    std::vector<RunbookRun> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        NS_TRY(RunbookRun run, parse_runbook_run(select.text(0)));
        found.push_back(std::move(run));
    }
}

}  // namespace nightshift::incidents
