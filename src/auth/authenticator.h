#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/types.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "store/sqlite/database.h"

namespace nightshift::auth {

struct NewToken {
    std::string name;
    std::string tenant = "default";
    Scopes scopes;
};

struct CreatedToken {
    Token token;
    Secret secret;  // shown once
};

// Knows every token. authenticate() reads an immutable table and takes no lock; creating and revoking write
// to the database first, and block: call them from an io::Pool. At most kTokensMax tokens.
class Authenticator {
public:
    static constexpr size_t kTokensMax = 10'000;

    // `db` must outlive it and belongs to it alone; `clock` must outlive it.
    static Result<std::unique_ptr<Authenticator>> open(store::Database& db, const Clock& clock);

    // kUnauthorized when the token is unknown. Any thread.
    Result<Principal> authenticate(std::string_view secret) const;

    Result<CreatedToken> create(const NewToken& request);
    Result<void> revoke(const std::string& id);
    std::vector<Token> list() const;

private:
    struct Entry {
        Token token;
        std::atomic<int64_t> last_used_ms{0};
    };
    using Table = std::unordered_map<std::string, std::shared_ptr<Entry>>;  // by hash

    Authenticator(store::Database& db, const Clock& clock) : db_(db), clock_(clock) {}
    std::shared_ptr<const Table> table() const { return std::atomic_load(&table_); }

    store::Database& db_;
    const Clock& clock_;
    std::mutex writing_;
    std::shared_ptr<const Table> table_ = std::make_shared<Table>();
};

}  // namespace nightshift::auth
