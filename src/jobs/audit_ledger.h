#pragma once

#include <optional>
#include <vector>

#include "jobs/audit.h"
#include "jobs/job.h"
#include "store/sqlite/database.h"

namespace nightshift::jobs {

// What the auditor found at one look.
struct AuditReport {
    Time time;
    Totals totals;  // over all jobs
    std::vector<Discrepancy> discrepancies;
};

// Compares the counters with themselves, and the plan of the last `since` with the schedules of `jobs`.
// Blocking.
Result<AuditReport> audit_ledger(store::Database& db, const std::vector<JobPtr>& jobs,
                                 std::chrono::seconds since, Time now);

}  // namespace nightshift::jobs
