#include "incidents/change_store.h"

namespace nightshift::incidents {

Result<void> put_change(store::Database& db, const Change& change) {
    NS_TRY(auto put, db.prepare("INSERT INTO changes (tenant, time_us, what, who, about, is_restart)"
                                " VALUES (?, ?, ?, ?, ?, ?)"));
    const ChangeFact& fact = change.fact;
    put.bind(1, change.tenant).bind(2, unix_us(fact.at)).bind(3, fact.what).bind(4, fact.who);
    put.bind(5, fact.about).bind(6, static_cast<int64_t>(fact.is_restart));
    return put.run();
}

Result<std::vector<Change>> select_changes(store::Database& db, Time after, int limit) {
    NS_TRY(auto select, db.prepare("SELECT tenant, time_us, what, who, about, is_restart FROM changes"
                                   " WHERE time_us >= ? ORDER BY time_us DESC, id DESC LIMIT ?"));
    select.bind(1, unix_us(after)).bind(2, static_cast<int64_t>(limit));
    std::vector<Change> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        Change change{std::string(select.text(0)), {}};
        change.fact.at = from_unix_us(select.integer(1));
        change.fact.what = select.text(2);
        change.fact.who = select.text(3);
        change.fact.about = select.text(4);
        change.fact.is_restart = select.integer(5) != 0;
        found.push_back(std::move(change));
    }
}

Result<int64_t> forget_changes(store::Database& db, Time before) {
    NS_TRY(auto remove, db.prepare("DELETE FROM changes WHERE time_us < ?"));
    remove.bind(1, unix_us(before));
    if (auto done = remove.run(); !done) return Failure(done.error());
    return db.changes();
}

}  // namespace nightshift::incidents
