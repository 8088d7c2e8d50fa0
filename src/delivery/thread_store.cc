#include "delivery/thread_store.h"

namespace nightshift::delivery {
namespace {

// Binds the key from `first` on.
void bind_key(store::Statement& statement, const ThreadKey& key, int first) {
    statement.bind(first, key.tenant).bind(first + 1, key.channel).bind(first + 2, key.thread);
}

struct WaitingEdit {
    std::string id;
    std::optional<Time> due;
};

// One that has not arrived, whether it was tried or not.
Result<std::optional<WaitingEdit>> first_waiting_edit(store::Database& db, const ThreadKey& key) {
    NS_TRY(auto select,
           db.prepare("SELECT id, next_attempt_us FROM deliveries WHERE tenant = ? AND channel = ?"
                      " AND thread = ? AND thread <> '' AND settled_us IS NULL AND mode = 'edit'"
                      " AND state = 'queued' AND is_ambiguous = 0 ORDER BY revision LIMIT 1"));
    bind_key(select, key, 1);
    NS_TRY(bool has_row, select.step());
    if (!has_row) return std::nullopt;
    WaitingEdit edit{select.text(0), std::nullopt};
    if (auto due = select.optional_integer(1)) edit.due = from_unix_us(*due);
    return edit;
}

}  // namespace

ThreadKey thread_of(const Delivery& delivery) {
    return {delivery.tenant, delivery.channel, delivery.thread};
}

Result<int64_t> take_revision(store::Database& db, const ThreadKey& key, Time now) {
    NS_TRY(auto take, db.prepare("INSERT INTO delivery_threads (tenant, channel, thread, revision, used_us)"
                                 " VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET revision = revision + 1,"
                                 " used_us = excluded.used_us RETURNING revision"));
    bind_key(take, key, 1);
    take.bind(4, unix_us(now));
    NS_TRY([[maybe_unused]] bool has_row, take.step());
    int64_t revision = take.integer(0);
    NS_TRY([[maybe_unused]] bool has_more, take.step());
    return revision;
}

Result<std::optional<Time>> supersede_edits(store::Database& db, const ThreadKey& key, Time now) {
    std::optional<Time> due;
    for (;;) {
        NS_TRY(std::optional<WaitingEdit> edit, first_waiting_edit(db, key));
        if (!edit) return due;
        if (!due) due = edit->due;
        NS_TRY(auto supersede,
               db.prepare("UPDATE deliveries SET state = 'superseded', settled_us = ?, is_told = 1,"
                          " why = 'a newer edit took its place before it was sent', next_attempt_us = NULL"
                          " WHERE id = ?"));
        supersede.bind(1, unix_us(now)).bind(2, edit->id);
        if (auto done = supersede.run(); !done) return Failure(done.error());
    }
}

Result<void> promote_next(store::Database& db, const ThreadKey& key, Time at) {
    NS_TRY(auto promote,
           db.prepare("UPDATE deliveries SET next_attempt_us = ?4 WHERE id = (SELECT id FROM deliveries"
                      " WHERE tenant = ?1 AND channel = ?2 AND thread = ?3 AND thread <> ''"
                      " AND settled_us IS NULL ORDER BY revision LIMIT 1)"
                      " AND state = 'queued' AND next_attempt_us IS NULL"));
    bind_key(promote, key, 1);
    promote.bind(4, unix_us(at));
    return promote.run();
}

Result<void> set_anchor(store::Database& db, const Delivery& delivery, const std::string& address) {
    // A message that was posted as such starts a new life; one that was made anew for an edit does not.
    NS_TRY(auto update, db.prepare("UPDATE delivery_threads SET anchor_delivery = ?4, anchor_address = ?5,"
                                   " anchor_identifier = ?6, anchor_place = ?7, anchor_subject = ?8,"
                                   " is_recreated = CASE WHEN ?9 THEN 0 ELSE is_recreated END"
                                   " WHERE tenant = ?1 AND channel = ?2 AND thread = ?3"));
    bind_key(update, thread_of(delivery), 1);
    update.bind(4, delivery.id).bind(5, address).bind(6, delivery.receipt->identifier);
    update.bind(7, delivery.receipt->place).bind(8, delivery.subject);
    update.bind(9, static_cast<int64_t>(delivery.mode == Mode::kPost));
    return update.run();
}

Result<void> lose_anchor(store::Database& db, const ThreadKey& key) {
    NS_TRY(auto update, db.prepare("UPDATE delivery_threads SET is_recreated = 1, anchor_delivery = NULL"
                                   " WHERE tenant = ? AND channel = ? AND thread = ?"));
    bind_key(update, key, 1);
    return update.run();
}

Result<bool> is_outdated(store::Database& db, const Delivery& delivery) {
    NS_TRY(auto select, db.prepare("SELECT 1 FROM deliveries WHERE tenant = ? AND channel = ? AND thread = ?"
                                   " AND thread <> '' AND revision > ? AND mode <> 'reply' LIMIT 1"));
    bind_key(select, thread_of(delivery), 1);
    select.bind(4, delivery.revision);
    return select.step();
}

Result<void> prune_threads(store::Database& db, Time before, int64_t limit) {
    NS_TRY(auto remove,
           db.prepare("DELETE FROM delivery_threads WHERE (tenant, channel, thread) IN"
                      " (SELECT t.tenant, t.channel, t.thread FROM delivery_threads t WHERE t.used_us < ?"
                      " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.tenant = t.tenant"
                      " AND d.channel = t.channel AND d.thread = t.thread AND d.thread <> '') LIMIT ?)"));
    remove.bind(1, unix_us(before)).bind(2, limit);
    return remove.run();
}

}  // namespace nightshift::delivery
