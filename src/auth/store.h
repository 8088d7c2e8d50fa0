#pragma once

#include <string>
#include <vector>

#include "auth/types.h"
#include "base/result.h"
#include "store/sqlite/database.h"

namespace nightshift::auth {

struct StoredToken {
    Token token;
    std::string hash;  // hex SHA-256 of the secret
};

Result<void> migrate_tokens(store::Database& db);
Result<std::vector<StoredToken>> load_tokens(store::Database& db);
Result<void> insert_token(store::Database& db, const StoredToken& token);
// kNotFound when there is none.
Result<void> delete_token(store::Database& db, const std::string& id);

}  // namespace nightshift::auth
