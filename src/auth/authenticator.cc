#include "auth/authenticator.h"

// The digest's own functions. OpenSSL's newer way allocates and looks up for each hash, which every request
// would pay.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>

#include "auth/store.h"
#include "base/assert.h"
#include "base/random.h"
#include "base/text.h"

namespace nightshift::auth {
namespace {

std::string hash_of(std::string_view secret) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;
    const bool is_done = SHA256_Init(&context) == 1 &&
                         SHA256_Update(&context, secret.data(), secret.size()) == 1 &&
                         SHA256_Final(digest, &context) == 1;
    NS_ASSERT(is_done);
    return to_hex(digest, sizeof digest);
}

}  // namespace

Result<std::unique_ptr<Authenticator>> Authenticator::open(store::Database& db, const Clock& clock) {
    if (auto migrated = migrate_tokens(db); !migrated) return Failure(migrated.error());
    NS_TRY(auto stored, load_tokens(db));
    std::unique_ptr<Authenticator> authenticator(new Authenticator(db, clock));
    auto table = std::make_shared<Table>();
    for (StoredToken& each : stored) {
        auto entry = std::make_shared<Entry>();
        entry->token = std::move(each.token);
        table->emplace(std::move(each.hash), std::move(entry));
    }
    authenticator->table_ = std::move(table);
    return authenticator;
}

Result<Principal> Authenticator::authenticate(std::string_view secret) const {
    // The table is keyed by hash, so timing tells nothing about the secret itself.
    auto tokens = table();
    auto found = tokens->find(hash_of(secret));
    if (found == tokens->end()) return fail(Code::kUnauthorized, "the token is unknown or was revoked");
    found->second->last_used_ms.store(unix_ms(clock_.now()), std::memory_order_relaxed);
    const Token& token = found->second->token;
    return Principal{token.tenant, token.name, token.id, token.scopes};
}

Result<CreatedToken> Authenticator::create(const NewToken& request) {
    if (request.name.empty() || request.name.size() > 100) {
        return fail(Code::kInvalid, "a token needs a name of 1 to 100 bytes");
    }
    if (request.tenant.empty() || request.tenant.size() > 100) {
        return fail(Code::kInvalid, "a tenant's name has 1 to 100 bytes");
    }
    if (request.scopes.is_empty()) {
        return fail(Code::kInvalid,
                    "a token needs at least one scope: read, write, ingest, gateway or admin");
    }
    std::lock_guard lock(writing_);
    if (table()->size() >= kTokensMax) return fail(Code::kLimit, "there are {} tokens already", kTokensMax);

    CreatedToken created;
    created.secret = Secret(random_token("ns_"));
    created.token = {.id = "tok_" + to_hex(random_bytes(8).data(), 8),
                     .name = request.name,
                     .tenant = request.tenant,
                     .scopes = request.scopes,
                     .created_ms = unix_ms(clock_.now())};
    StoredToken stored{created.token, hash_of(created.secret.reveal())};
    if (auto inserted = insert_token(db_, stored); !inserted) return Failure(inserted.error());

    auto next = std::make_shared<Table>(*table());
    auto entry = std::make_shared<Entry>();
    entry->token = created.token;
    next->emplace(std::move(stored.hash), std::move(entry));
    std::atomic_store(&table_, std::shared_ptr<const Table>(std::move(next)));
    return created;
}

Result<void> Authenticator::revoke(const std::string& id) {
    std::lock_guard lock(writing_);
    if (auto deleted = delete_token(db_, id); !deleted) return deleted;
    auto next = std::make_shared<Table>(*table());
    std::erase_if(*next, [&](const auto& entry) { return entry.second->token.id == id; });
    std::atomic_store(&table_, std::shared_ptr<const Table>(std::move(next)));
    return {};
}

std::vector<Token> Authenticator::list() const {
    std::vector<Token> tokens;
    for (const auto& [hash, entry] : *table()) {
        tokens.push_back(entry->token);
        tokens.back().last_used_ms = entry->last_used_ms.load(std::memory_order_relaxed);
    }
    std::sort(tokens.begin(), tokens.end(), [](const Token& a, const Token& b) {
        return std::tie(a.created_ms, a.id) < std::tie(b.created_ms, b.id);
    });
    return tokens;
}

}  // namespace nightshift::auth
