#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "jobs/audit.h"
#include "jobs/occurrence.h"
#include "store/sqlite/database.h"

namespace nightshift::jobs {

// The ledger's SQL; docs/formats/occurrences.md describes the tables. Everything runs inside the caller's
// transaction.

Result<void> migrate_jobs(store::Database& db);

// In the column claims.says_done: a note.
constexpr int64_t kSaysNothing = 2;

// Writes a delivery's wish inside the transaction that decides it.
using Enqueue = std::function<Result<void>(store::Database&, const OccurrenceKey&, const DeliveryWish&)>;

// Applies one transition, or refuses it with kConflict (somebody else was first, or the fence is stale).
Result<void> apply(store::Database& db, const Transition& transition, const Enqueue& enqueue);

// Writes the definition. A new job is planned from `now` on; one whose definition changed too, and what was
// planned ahead by the old one is taken back.
Result<void> upsert_job(store::Database& db, const JobRecord& record, Time now);
// The job is not planned any more; its history stays. What was planned ahead of `now` is taken back, what
// waits for its turn is skipped, and what runs goes on.
Result<void> remove_job(store::Database& db, const std::string& tenant, const std::string& name, Time now);
Result<std::vector<JobRecord>> load_jobs(store::Database& db);
// Jobs that are removed, and of which something still runs.
Result<std::vector<JobRecord>> load_removed_in_flight(store::Database& db);

// Every occurrence without a verdict, oldest first.
Result<std::vector<Unfinished>> load_unfinished(store::Database& db);
Result<Fence> last_fence(store::Database& db);

struct OccurrenceQuery {
    std::string tenant;
    std::string job;  // empty: all
    std::optional<Verdict> verdict;
    std::optional<Time> before;  // nominal, and the job at that time, exclusive: the cursor
    std::string before_job;
    std::optional<Time> until;  // inclusive
    size_t limit = 50;
};
// Newest first.
Result<std::vector<Occurrence>> find_occurrences(store::Database& db, const OccurrenceQuery& query);
// kNotFound when there is none.
Result<Occurrence> find_occurrence(store::Database& db, const OccurrenceKey& key);
Result<std::vector<Run>> find_runs(store::Database& db, const OccurrenceKey& key);
// What the sources noted before this attempt; empty: nothing.
Result<std::string> find_baselines(store::Database& db, const OccurrenceKey& key, uint32_t attempt);
Result<std::vector<Evidence>> find_evidence(store::Database& db, const OccurrenceKey& key);
Result<std::vector<Claim>> find_claims(store::Database& db, const OccurrenceKey& key);
// Earlier values of one expectation of a job, newest first.
Result<std::vector<double>> find_history(store::Database& db, const std::string& tenant,
                                         const std::string& job, const std::string& expectation,
                                         size_t limit);

// What the counters say, by tenant and job, also of occurrences whose rows are pruned: for the auditor.
using TotalsByJob = std::map<std::pair<std::string, std::string>, Totals>;
Result<TotalsByJob> load_totals(store::Database& db);
// What the rows say of nominal times in [from, until), of one job or of all of the tenant's (empty).
Result<Totals> count_rows(store::Database& db, const std::string& tenant, const std::string& job, Time from,
                          Time until);
// Nominal times of a job in [from, until), for the auditor.
Result<std::vector<Time>> find_nominals(store::Database& db, const std::string& tenant,
                                        const std::string& job, Time from, Time until);
// Whether part of this time was so long a gap that its occurrences were counted instead of written.
Result<bool> is_in_gap(store::Database& db, const std::string& tenant, const std::string& job, Time from,
                       Time until);
// Forgets finished occurrences older than `before`, at most `limit`; their counts stay.
Result<int64_t> prune(store::Database& db, const std::string& tenant, Time before, size_t limit);

}  // namespace nightshift::jobs
