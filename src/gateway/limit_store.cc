#include "gateway/limit_store.h"

#include "store/migrations.h"

namespace nightshift::gateway {

Result<void> migrate_limits(store::Database& db) {
    return store::migrate(db, "gateway", {{1, R"(CREATE TABLE gateway_use (
    limit_name TEXT NOT NULL,
    subject    TEXT NOT NULL,
    start_us   INTEGER NOT NULL,
    end_us     INTEGER NOT NULL,
    requests   INTEGER NOT NULL,
    tokens     INTEGER NOT NULL,
    nano_usd   INTEGER NOT NULL,
    PRIMARY KEY (limit_name, subject, start_us)
) STRICT, WITHOUT ROWID)"}});
}

Result<std::vector<StoredUse>> load_uses(store::Database& db, Time now) {
    NS_TRY(auto expired, db.prepare("DELETE FROM gateway_use WHERE end_us <= ?1"));
    if (auto deleted = expired.bind(1, unix_us(now)).run(); !deleted) return Failure(deleted.error());
    NS_TRY(auto rows,
           db.prepare("SELECT limit_name, subject, start_us, requests, tokens, nano_usd FROM gateway_use"));
    std::vector<StoredUse> uses;
    while (true) {
        NS_TRY(bool has_row, rows.step());
        if (!has_row) return uses;
        uses.push_back({.limit = rows.text(0),
                        .subject = rows.text(1),
                        .start = from_unix_us(rows.integer(2)),
                        .used = {rows.integer(3), rows.integer(4), rows.integer(5)}});
    }
}

Result<void> save_use(store::Database& db, const StoredUse& use, Time end, bool is_final) {
    constexpr std::string_view kGrow = R"(
INSERT INTO gateway_use VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO UPDATE SET requests = max(requests, excluded.requests), tokens = max(tokens, excluded.tokens),
                          nano_usd = max(nano_usd, excluded.nano_usd))";
    constexpr std::string_view kSet = R"(
INSERT INTO gateway_use VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO UPDATE SET requests = excluded.requests, tokens = excluded.tokens, nano_usd = excluded.nano_usd)";
    NS_TRY(auto statement, db.prepare(is_final ? kSet : kGrow));
    return statement.bind(1, use.limit)
        .bind(2, use.subject)
        .bind(3, unix_us(use.start))
        .bind(4, unix_us(end))
        .bind(5, use.used.requests)
        .bind(6, use.used.tokens)
        .bind(7, use.used.nano_usd)
        .run();
}

}  // namespace nightshift::gateway
