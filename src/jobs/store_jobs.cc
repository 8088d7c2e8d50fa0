#include "jobs/store.h"

namespace nightshift::jobs {

using store::Database;
using store::Statement;

namespace {

// What was planned ahead is taken back, as if it had never been: it is planned anew, or not at all.
Result<void> take_back(Database& db, const std::string& tenant, const std::string& name, Time now) {
    NS_TRY(Statement remove,
           db.prepare("DELETE FROM occurrences WHERE tenant = ? AND job = ? AND nominal_us > ?"
                      " AND phase = 0 AND verdict IS NULL AND trigger = 0"));
    remove.bind(1, tenant).bind(2, name).bind(3, unix_us(now));
    if (auto done = remove.run(); !done) return done;
    int64_t taken = db.changes();
    NS_TRY(Statement count, db.prepare("UPDATE jobs SET planned = planned - ?1, planned_since_us = ?2, "
                                       "planned_until_us = min(planned_until_us, ?2)"
                                       " WHERE tenant = ? AND name = ?"));
    count.bind(1, taken).bind(2, unix_us(now)).bind(3, tenant).bind(4, name);
    return count.run();
}

// What is due and was not started will not be: it has its verdict, as every occurrence must.
Result<void> skip_what_waits(Database& db, const std::string& tenant, const std::string& name, Time now) {
    NS_TRY(Statement skip, db.prepare("UPDATE occurrences SET phase = ?, verdict = ?, why = ?, decided_us = ?"
                                      " WHERE tenant = ? AND job = ? AND phase = 0 AND verdict IS NULL"));
    skip.bind(1, static_cast<int64_t>(Phase::kDone)).bind(2, static_cast<int64_t>(Verdict::kSkipped));
    skip.bind(3, "the job was removed before its turn came").bind(4, unix_us(now));
    skip.bind(5, tenant).bind(6, name);
    if (auto done = skip.run(); !done) return done;
    NS_TRY(Statement count, db.prepare("INSERT INTO totals VALUES (?, ?, ?, ?)"
                                       " ON CONFLICT DO UPDATE SET count = count + excluded.count"));
    count.bind(1, tenant)
        .bind(2, name)
        .bind(3, static_cast<int64_t>(Verdict::kSkipped))
        .bind(4, db.changes());
    return count.run();
}

}  // namespace

Result<void> upsert_job(Database& db, const JobRecord& record, Time now) {
    NS_TRY(Statement known,
           db.prepare("SELECT revision, removed_us IS NOT NULL FROM jobs WHERE tenant = ? AND name = ?"));
    known.bind(1, record.tenant).bind(2, record.name);
    NS_TRY(bool exists, known.step());
    bool is_changed = exists && known.text(0) != record.revision;
    bool was_removed = exists && known.integer(1) != 0;
    NS_TRY(Statement upsert,
           db.prepare(
               "INSERT INTO jobs (tenant, name, definition, is_from_config, revision, planned_since_us,"
               " planned_until_us) VALUES (?, ?, ?, ?, ?, ?6, ?6) ON CONFLICT DO UPDATE SET definition = "
               "excluded.definition,"
               " is_from_config = excluded.is_from_config, revision = excluded.revision, removed_us = NULL"));
    upsert.bind(1, record.tenant).bind(2, record.name).bind(3, record.definition);
    upsert.bind(4, int64_t{record.is_from_config}).bind(5, record.revision).bind(6, unix_us(now));
    if (auto done = upsert.run(); !done) return done;
    if (is_changed) {
        if (auto done = take_back(db, record.tenant, record.name, now); !done) return done;
    }
    if (!was_removed) return {};
    // It was not planned while it did not exist.
    NS_TRY(
        Statement again,
        db.prepare(
            "UPDATE jobs SET planned_since_us = ?1, planned_until_us = ?1 WHERE tenant = ?2 AND name = ?3"));
    again.bind(1, unix_us(now)).bind(2, record.tenant).bind(3, record.name);
    return again.run();
}

Result<void> remove_job(Database& db, const std::string& tenant, const std::string& name, Time now) {
    NS_TRY(Statement update,
           db.prepare("UPDATE jobs SET removed_us = ? WHERE tenant = ? AND name = ? AND removed_us IS NULL"));
    update.bind(1, unix_us(now)).bind(2, tenant).bind(3, name);
    if (auto done = update.run(); !done) return done;
    if (db.changes() == 0) return fail(Code::kNotFound, "there is no job {}", name);
    if (auto done = take_back(db, tenant, name, now); !done) return done;
    return skip_what_waits(db, tenant, name, now);
}

namespace {

Result<std::vector<JobRecord>> load_where(Database& db, std::string_view condition) {
    NS_TRY(
        Statement select,
        db.prepare(fmt::format(
            "SELECT tenant, name, definition, is_from_config, revision, planned_since_us, planned_until_us,"
            " is_paused, paused_by, paused_why FROM jobs WHERE {}",
            condition)));
    std::vector<JobRecord> records;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return records;
        JobRecord record;
        record.tenant = select.text(0);
        record.name = select.text(1);
        record.definition = select.text(2);
        record.is_from_config = select.integer(3) != 0;
        record.revision = select.text(4);
        record.planned_since = from_unix_us(select.integer(5));
        record.planned_until = from_unix_us(select.integer(6));
        record.is_paused = select.integer(7) != 0;
        record.paused_by = select.text(8);
        record.paused_why = select.text(9);
        records.push_back(std::move(record));
    }
}

}  // namespace

Result<std::vector<JobRecord>> load_jobs(Database& db) {
    return load_where(db, "removed_us IS NULL");
}

Result<std::vector<JobRecord>> load_removed_in_flight(Database& db) {
    return load_where(db,
                      "removed_us IS NOT NULL AND EXISTS (SELECT 1 FROM occurrences o"
                      " WHERE o.tenant = jobs.tenant AND o.job = jobs.name AND o.verdict IS NULL)");
}

Result<Fence> last_fence(Database& db) {
    NS_TRY(Statement select, db.prepare("SELECT last FROM fences"));
    NS_TRY([[maybe_unused]] bool row, select.step());
    return select.integer(0);
}

Result<int64_t> prune(Database& db, const std::string& tenant, Time before, size_t limit) {
    NS_TRY(Statement old,
           db.prepare("SELECT job, nominal_us FROM occurrences WHERE tenant = ? AND nominal_us < ?"
                      " AND verdict IS NOT NULL ORDER BY nominal_us LIMIT ?"));
    old.bind(1, tenant).bind(2, unix_us(before)).bind(3, static_cast<int64_t>(limit));
    std::vector<std::pair<std::string, int64_t>> keys;
    for (;;) {
        NS_TRY(bool has_row, old.step());
        if (!has_row) break;
        keys.emplace_back(old.text(0), old.integer(1));
    }
    for (const auto& [job, nominal_us] : keys) {
        for (const char* table : {"runs", "evidence", "claims", "occurrences"}) {
            NS_TRY(Statement remove,
                   db.prepare(
                       fmt::format("DELETE FROM {} WHERE tenant = ? AND job = ? AND nominal_us = ?", table)));
            remove.bind(1, tenant).bind(2, job).bind(3, nominal_us);
            if (auto done = remove.run(); !done) return Failure(done.error());
        }
    }
    return static_cast<int64_t>(keys.size());
}

}  // namespace nightshift::jobs
