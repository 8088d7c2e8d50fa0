#include "auth/store.h"

#include "store/migrations.h"

namespace nightshift::auth {

Result<void> migrate_tokens(store::Database& db) {
    return store::migrate(db, "auth",
                          {{1,
                            "CREATE TABLE tokens ("
                            " id TEXT PRIMARY KEY,"
                            " hash TEXT NOT NULL UNIQUE,"
                            " name TEXT NOT NULL,"
                            " tenant TEXT NOT NULL,"
                            " scopes INTEGER NOT NULL,"
                            " created_ms INTEGER NOT NULL) STRICT"}});
}

Result<std::vector<StoredToken>> load_tokens(store::Database& db) {
    NS_TRY(auto select,
           db.prepare("SELECT id, hash, name, tenant, scopes, created_ms FROM tokens ORDER BY created_ms"));
    std::vector<StoredToken> tokens;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return tokens;
        StoredToken stored;
        stored.token.id = select.text(0);
        stored.hash = select.text(1);
        stored.token.name = select.text(2);
        stored.token.tenant = select.text(3);
        stored.token.scopes = Scopes::from_bits(static_cast<uint8_t>(select.integer(4)));
        stored.token.created_ms = select.integer(5);
        tokens.push_back(std::move(stored));
    }
}

Result<void> insert_token(store::Database& db, const StoredToken& stored) {
    NS_TRY(auto insert, db.prepare("INSERT INTO tokens (id, hash, name, tenant, scopes, created_ms)"
                                   " VALUES (?, ?, ?, ?, ?, ?)"));
    insert.bind(1, stored.token.id)
        .bind(2, stored.hash)
        .bind(3, stored.token.name)
        .bind(4, stored.token.tenant);
    insert.bind(5, static_cast<int64_t>(stored.token.scopes.bits())).bind(6, stored.token.created_ms);
    return insert.run();
}

Result<void> delete_token(store::Database& db, const std::string& id) {
    NS_TRY(auto remove, db.prepare("DELETE FROM tokens WHERE id = ?"));
    remove.bind(1, id);
    if (auto done = remove.run(); !done) return done;
    if (db.changes() == 0) return fail(Code::kNotFound, "there is no token {}", id);
    return {};
}

}  // namespace nightshift::auth
