#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "incidents/runbook_run.h"
#include "store/sqlite/database.h"

// The runs of runbooks: every one of them is kept, also those that were refused.
namespace nightshift::incidents {

Result<void> put_runbook_run(store::Database& db, const RunbookRun& run);
// Planned after that time, and those that have not ended; oldest first.
Result<std::vector<RunbookRun>> select_runbook_runs(store::Database& db, Time planned_after);

}  // namespace nightshift::incidents
