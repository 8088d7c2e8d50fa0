#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace nightshift::store {

// One change of a room's tables. Numbers grow by one from 1; a released migration is never edited.
struct Migration {
    int number = 0;
    std::string sql;
};

// Applies what is not yet applied, each in its own transaction. kConflict when the database is newer than the
// program: it was written by a later version, and guessing would damage it.
Result<void> migrate(Database& db, std::string_view room, const std::vector<Migration>& migrations);

}  // namespace nightshift::store
