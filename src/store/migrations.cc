#include "store/migrations.h"

namespace nightshift::store {
namespace {

Result<int64_t> applied_number(Database& db, std::string_view room) {
    NS_TRY(auto select, db.prepare("SELECT coalesce(max(number), 0) FROM migrations WHERE room = ?"));
    select.bind(1, room);
    NS_TRY([[maybe_unused]] bool row, select.step());
    return select.integer(0);
}

Result<void> apply(Database& db, std::string_view room, const Migration& migration) {
    NS_TRY(auto transaction, Transaction::begin(db));
    if (auto done = db.execute(migration.sql); !done) return done;
    {
        NS_TRY(auto insert, db.prepare("INSERT INTO migrations (room, number) VALUES (?, ?)"));
        insert.bind(1, room).bind(2, static_cast<int64_t>(migration.number));
        if (auto done = insert.run(); !done) return done;
    }
    return transaction.commit();
}

}  // namespace

Result<void> migrate(Database& db, std::string_view room, const std::vector<Migration>& migrations) {
    auto created = db.execute(
        "CREATE TABLE IF NOT EXISTS migrations (room TEXT NOT NULL, number INTEGER NOT NULL,"
        " PRIMARY KEY (room, number)) STRICT");
    if (!created) return created;
    NS_TRY(int64_t applied, applied_number(db, room));
    if (applied > static_cast<int64_t>(migrations.size())) {
        return fail(Code::kConflict,
                    "the tables of {} are at version {}, this program knows {}: use a newer nightshift", room,
                    applied, migrations.size());
    }
    for (size_t i = static_cast<size_t>(applied); i < migrations.size(); ++i) {
        if (auto done = apply(db, room, migrations[i]); !done) return done;
    }
    return {};
}

}  // namespace nightshift::store
