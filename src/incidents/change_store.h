#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "incidents/facts.h"
#include "store/sqlite/database.h"

// What was changed lately: deploys, restarts, settings. A diagnosis names it.
namespace nightshift::incidents {

// "" as the tenant: it concerns all.
struct Change {
    std::string tenant;
    ChangeFact fact;
};

Result<void> put_change(store::Database& db, const Change& change);
// Newest first, at most `limit`.
Result<std::vector<Change>> select_changes(store::Database& db, Time after, int limit);
Result<int64_t> forget_changes(store::Database& db, Time before);

}  // namespace nightshift::incidents
