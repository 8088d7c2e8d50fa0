#include "store/sqlite/statement_cache.h"

#include <sqlite3.h>

namespace nightshift::store {

StatementCache::~StatementCache() {
    for (auto& [sql, statement] : idle_) sqlite3_finalize(statement);
}

sqlite3_stmt* StatementCache::take(std::string_view sql) {
    auto found = idle_.find(sql);
    if (found == idle_.end()) return nullptr;
    sqlite3_stmt* statement = found->second;
    idle_.erase(found);
    return statement;
}

void StatementCache::give_back(sqlite3_stmt* statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (idle_.size() >= kStatementsMax) {
        sqlite3_finalize(statement);
        return;
    }
    idle_.emplace(sqlite3_sql(statement), statement);
}

}  // namespace nightshift::store
