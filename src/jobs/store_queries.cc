#include "jobs/execution_json.h"
#include "jobs/store.h"

namespace nightshift::jobs {

using store::Database;
using store::Statement;

namespace {

constexpr std::string_view kColumns =
    "tenant, job, nominal_us, start_us, trigger, phase, verdict, why, warning, note, revision, fence, "
    "attempt, lease_us,"
    " next_us, started_us, ended_us, decided_us, summary, tokens, cost_nano_usd, override_verdict, "
    "override_by,"
    " override_why, override_until_us";

std::optional<Time> time_at(const Statement& row, int column) {
    auto us = row.optional_integer(column);
    if (!us) return std::nullopt;
    return from_unix_us(*us);
}

Occurrence read_occurrence(const Statement& row) {
    Occurrence out;
    out.key = {row.text(0), row.text(1), from_unix_us(row.integer(2))};
    out.start = from_unix_us(row.integer(3));
    out.trigger = static_cast<Trigger>(row.integer(4));
    out.phase = static_cast<Phase>(row.integer(5));
    if (!row.is_null(6)) out.verdict = static_cast<Verdict>(row.integer(6));
    out.why = row.text(7);
    out.warning = row.text(8);
    out.note = row.text(9);
    out.revision = row.text(10);
    out.fence = row.integer(11);
    out.attempt = static_cast<uint32_t>(row.integer(12));
    out.lease_until = from_unix_us(row.integer(13));
    out.next_attempt = from_unix_us(row.integer(14));
    out.started = time_at(row, 15);
    out.ended = time_at(row, 16);
    out.decided = time_at(row, 17);
    out.summary = row.text(18);
    out.tokens = static_cast<uint64_t>(row.integer(19));
    out.cost_nano_usd = row.integer(20);
    if (!row.is_null(21)) {
        out.override = Occurrence::Override{static_cast<Verdict>(row.integer(21)), row.text(22), row.text(23),
                                            from_unix_us(row.integer(24))};
    }
    return out;
}

// Every row of `select`, made by `read`.
template <class T>
Result<std::vector<T>> read_all(Statement& select, T (*read)(const Statement&)) {
    std::vector<T> rows;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return rows;
        rows.push_back(read(select));
    }
}

void bind_key(Statement& statement, const OccurrenceKey& key) {
    statement.bind(1, key.tenant).bind(2, key.job).bind(3, unix_us(key.nominal));
}

struct RunRow {
    Run run;
    std::string execution;
};

RunRow read_run(const Statement& row) {
    RunRow out;
    out.run.key = {row.text(0), row.text(1), from_unix_us(row.integer(2))};
    out.run.attempt = static_cast<uint32_t>(row.integer(3));
    out.run.fence = row.integer(4);
    out.run.claimed = from_unix_us(row.integer(5));
    out.execution = row.text(6);
    return out;
}

Result<std::vector<RunRow>> load_runs(Database& db, const OccurrenceKey& key) {
    NS_TRY(Statement select,
           db.prepare("SELECT tenant, job, nominal_us, attempt, fence, claimed_us, execution"
                      " FROM runs WHERE tenant = ? AND job = ? AND nominal_us = ? ORDER BY attempt"));
    bind_key(select, key);
    NS_TRY(std::vector<RunRow> rows, read_all<RunRow>(select, read_run));
    for (RunRow& row : rows) {
        if (row.execution.empty()) continue;
        NS_TRY(row.run.execution, parse_execution(row.execution));
    }
    return rows;
}

Evidence read_evidence(const Statement& row) {
    Evidence out;
    out.key = {row.text(0), row.text(1), from_unix_us(row.integer(2))};
    out.expectation = row.text(3);
    out.impact = static_cast<Impact>(row.integer(4));
    out.kind = row.text(5);
    out.condition = row.text(6);
    out.outcome = static_cast<Outcome>(row.integer(7));
    out.observed = row.text(8);
    out.observer = row.text(9);
    if (!row.is_null(10)) out.value = row.real(10);
    out.is_claimants_word = row.integer(11) != 0;
    out.time = from_unix_us(row.integer(12));
    return out;
}

Claim read_claim(const Statement& row) {
    std::optional<bool> says_done;
    if (row.integer(4) != kSaysNothing) says_done = row.integer(4) != 0;
    return {{row.text(0), row.text(1), from_unix_us(row.integer(2))},
            row.text(3),
            says_done,
            row.text(5),
            from_unix_us(row.integer(6))};
}

}  // namespace

Result<std::vector<Unfinished>> load_unfinished(Database& db) {
    NS_TRY(Statement select,
           db.prepare(fmt::format("SELECT {} FROM occurrences WHERE verdict IS NULL ORDER BY nominal_us",
                                  kColumns)));
    NS_TRY(std::vector<Occurrence> open, read_all<Occurrence>(select, read_occurrence));
    std::vector<Unfinished> unfinished;
    unfinished.reserve(open.size());
    for (Occurrence& occurrence : open) {
        Unfinished each{std::move(occurrence), std::nullopt};
        if (each.occurrence.attempt > 0) {
            NS_TRY(std::vector<RunRow> runs, load_runs(db, each.occurrence.key));
            if (!runs.empty()) each.run = std::move(runs.back().run);
        }
        unfinished.push_back(std::move(each));
    }
    return unfinished;
}

Result<std::vector<Occurrence>> find_occurrences(Database& db, const OccurrenceQuery& query) {
    std::string sql = fmt::format("SELECT {} FROM occurrences WHERE tenant = ?1", kColumns);
    if (!query.job.empty()) sql += " AND job = ?2";
    if (query.verdict) sql += " AND verdict = ?3";
    if (query.before) sql += " AND (nominal_us, job) < (?4, ?7)";
    if (query.until) sql += " AND nominal_us <= ?5";
    sql += " ORDER BY nominal_us DESC, job DESC LIMIT ?6";
    NS_TRY(Statement select, db.prepare(sql));
    select.bind(1, query.tenant).bind(6, static_cast<int64_t>(query.limit));
    if (!query.job.empty()) select.bind(2, query.job);
    if (query.verdict) select.bind(3, static_cast<int64_t>(*query.verdict));
    if (query.before) select.bind(4, unix_us(*query.before)).bind(7, query.before_job);
    if (query.until) select.bind(5, unix_us(*query.until));
    return read_all<Occurrence>(select, read_occurrence);
}

Result<Occurrence> find_occurrence(Database& db, const OccurrenceKey& key) {
    NS_TRY(Statement select,
           db.prepare(fmt::format(
               "SELECT {} FROM occurrences WHERE tenant = ? AND job = ? AND nominal_us = ?", kColumns)));
    bind_key(select, key);
    NS_TRY(bool exists, select.step());
    if (!exists) return fail(Code::kNotFound, "there is no occurrence {}", occurrence_id(key));
    return read_occurrence(select);
}

Result<std::vector<Run>> find_runs(Database& db, const OccurrenceKey& key) {
    NS_TRY(std::vector<RunRow> rows, load_runs(db, key));
    std::vector<Run> runs;
    for (RunRow& row : rows) runs.push_back(std::move(row.run));
    return runs;
}

Result<std::string> find_baselines(Database& db, const OccurrenceKey& key, uint32_t attempt) {
    NS_TRY(Statement select,
           db.prepare("SELECT baselines FROM runs WHERE tenant = ? AND job = ? AND nominal_us = ?"
                      " AND attempt = ?"));
    bind_key(select, key);
    select.bind(4, static_cast<int64_t>(attempt));
    NS_TRY(bool exists, select.step());
    return exists ? select.text(0) : std::string();
}

Result<std::vector<Evidence>> find_evidence(Database& db, const OccurrenceKey& key) {
    NS_TRY(Statement select,
           db.prepare("SELECT tenant, job, nominal_us, expectation, impact, kind, condition, outcome,"
                      " observed, observer, value, is_claimants_word, time_us FROM evidence"
                      " WHERE tenant = ? AND job = ? AND nominal_us = ? ORDER BY number"));
    bind_key(select, key);
    return read_all<Evidence>(select, read_evidence);
}

Result<std::vector<Claim>> find_claims(Database& db, const OccurrenceKey& key) {
    NS_TRY(Statement select,
           db.prepare("SELECT tenant, job, nominal_us, claimant, says_done, text, time_us FROM claims"
                      " WHERE tenant = ? AND job = ? AND nominal_us = ? ORDER BY time_us"));
    bind_key(select, key);
    return read_all<Claim>(select, read_claim);
}

Result<std::vector<double>> find_history(Database& db, const std::string& tenant, const std::string& job,
                                         const std::string& expectation, size_t limit) {
    NS_TRY(Statement select,
           db.prepare("SELECT value FROM evidence WHERE tenant = ? AND job = ? AND expectation = ?"
                      " AND value IS NOT NULL ORDER BY nominal_us DESC LIMIT ?"));
    select.bind(1, tenant).bind(2, job).bind(3, expectation).bind(4, static_cast<int64_t>(limit));
    return read_all<double>(select, [](const Statement& row) { return row.real(0); });
}

Result<TotalsByJob> load_totals(Database& db) {
    TotalsByJob totals;
    NS_TRY(Statement planned, db.prepare("SELECT tenant, name, planned FROM jobs"));
    for (;;) {
        NS_TRY(bool has_row, planned.step());
        if (!has_row) break;
        totals[{planned.text(0), planned.text(1)}].planned = static_cast<uint64_t>(planned.integer(2));
    }
    NS_TRY(Statement decided, db.prepare("SELECT tenant, job, verdict, count FROM totals"));
    for (;;) {
        NS_TRY(bool has_row, decided.step());
        if (!has_row) break;
        totals[{decided.text(0), decided.text(1)}][static_cast<Verdict>(decided.integer(2))] =
            static_cast<uint64_t>(decided.integer(3));
    }
    NS_TRY(Statement open,
           db.prepare("SELECT tenant, job, count(*) FROM occurrences WHERE verdict IS NULL GROUP BY 1, 2"));
    for (;;) {
        NS_TRY(bool has_row, open.step());
        if (!has_row) return totals;
        totals[{open.text(0), open.text(1)}].in_flight = static_cast<uint64_t>(open.integer(2));
    }
}

Result<Totals> count_rows(Database& db, const std::string& tenant, const std::string& job, Time from,
                          Time until) {
    std::string sql =
        "SELECT verdict, count(*) FROM occurrences WHERE tenant = ?1 AND nominal_us >= ?2 AND nominal_us < "
        "?3";
    if (!job.empty()) sql += " AND job = ?4";
    NS_TRY(Statement select, db.prepare(sql + " GROUP BY verdict"));
    select.bind(1, tenant).bind(2, unix_us(from)).bind(3, unix_us(until));
    if (!job.empty()) select.bind(4, job);
    Totals totals;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return totals;
        auto count = static_cast<uint64_t>(select.integer(1));
        totals.planned += count;
        if (select.is_null(0)) {
            totals.in_flight = count;
        } else {
            totals[static_cast<Verdict>(select.integer(0))] = count;
        }
    }
}

Result<std::vector<Time>> find_nominals(Database& db, const std::string& tenant, const std::string& job,
                                        Time from, Time until) {
    NS_TRY(Statement select,
           db.prepare("SELECT nominal_us FROM occurrences WHERE tenant = ? AND job = ?"
                      " AND nominal_us >= ? AND nominal_us < ? AND trigger = 0 ORDER BY nominal_us"));
    select.bind(1, tenant).bind(2, job).bind(3, unix_us(from)).bind(4, unix_us(until));
    return read_all<Time>(select, [](const Statement& row) { return from_unix_us(row.integer(0)); });
}

Result<bool> is_in_gap(Database& db, const std::string& tenant, const std::string& job, Time from,
                       Time until) {
    NS_TRY(Statement select,
           db.prepare("SELECT 1 FROM gaps WHERE tenant = ? AND job = ? AND until_us >= ? AND from_us <= ?"));
    select.bind(1, tenant).bind(2, job).bind(3, unix_us(from)).bind(4, unix_us(until));
    return select.step();
}

}  // namespace nightshift::jobs
