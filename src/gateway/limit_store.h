#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/limit_counter.h"
#include "store/sqlite/database.h"

// The table of what was used, and nobody else's.
namespace nightshift::gateway {

struct StoredUse {
    std::string limit;
    std::string subject;
    Time start;
    Amount used;
};

Result<void> migrate_limits(store::Database& db);
// Of the windows that end after `now`; those that have ended are deleted.
Result<std::vector<StoredUse>> load_uses(store::Database& db, Time now);
// What is covered only grows; `is_final` writes what was truly used.
Result<void> save_use(store::Database& db, const StoredUse& use, Time end, bool is_final);

}  // namespace nightshift::gateway
