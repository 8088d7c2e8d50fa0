#include "jobs/audit_ledger.h"

#include <map>
#include <string_view>
#include <utility>

#include "jobs/store.h"

namespace nightshift::jobs {
namespace {

constexpr size_t kTimesMax = 10'000;  // of one job; a schedule of every second is looked at less far back

// The times of the schedule in (from, until], and whether they are all of them.
std::vector<Time> scheduled_times(const Schedule& schedule, Time from, Time until) {
    std::vector<Time> times;
    for (auto next = schedule.next(from); next && next->nominal <= until && times.size() < kTimesMax;
         next = schedule.next(next->nominal)) {
        times.push_back(next->nominal);
    }
    return times;
}

}  // namespace

Result<AuditReport> audit_ledger(store::Database& db, const std::vector<JobPtr>& jobs,
                                 std::chrono::seconds since, Time now) {
    AuditReport report;
    report.time = now;
    NS_TRY(TotalsByJob totals, load_totals(db));
    for (const auto& [name, each] : totals) {
        report.totals += each;
        for (Discrepancy& found : audit_totals(name.second, each))
            report.discrepancies.push_back(std::move(found));
    }
    NS_TRY(std::vector<JobRecord> records, load_jobs(db));
    std::map<std::pair<std::string_view, std::string_view>, const JobRecord*> known;
    for (const JobRecord& each : records) known[{each.tenant, each.name}] = &each;
    for (const JobPtr& job : jobs) {
        auto found = known.find({job->tenant, job->name});
        if (found == known.end()) continue;
        const JobRecord& record = *found->second;
        // A definition that just changed is planned from that moment on: the past belongs to the old one.
        if (record.revision != job->revision || !job->is_planned_ahead()) continue;
        Time from = std::max(now - since, record.planned_since);
        Time until = std::min(now, record.planned_until);
        std::vector<Time> scheduled = scheduled_times(*job->schedule, from, until);
        if (scheduled.empty()) continue;
        NS_TRY(std::vector<Time> rows,
               find_nominals(db, job->tenant, job->name, from, until + microseconds(1)));
        NS_TRY(bool is_counted, is_in_gap(db, job->tenant, job->name, scheduled.front(), scheduled.back()));
        if (is_counted) continue;
        for (Discrepancy& each : audit_plan(job->name, scheduled, rows))
            report.discrepancies.push_back(std::move(each));
    }
    return report;
}

}  // namespace nightshift::jobs
