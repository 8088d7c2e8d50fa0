#include "delivery/store.h"

#include <algorithm>

#include "delivery/limits.h"
#include "delivery/link_list.h"
#include "delivery/thread_store.h"

namespace nightshift::delivery {
namespace {

#define NS_DELIVERY_COLUMNS                                                                            \
    "d.id, d.tenant, d.key, d.channel, d.subject, d.text, d.about, d.state, d.why, d.created_us,"      \
    " d.next_attempt_us, d.settled_us, d.attempts, d.receipt_provider, d.receipt_identifier,"          \
    " d.receipt_place, d.receipt_detail, d.receipt_proof, d.receipt_us, d.mode, d.thread, d.revision," \
    " d.severity, d.is_resolution, d.links, d.payload"
constexpr int kColumns = 26;

std::optional<Time> time_at(const store::Statement& row, int column) {
    auto us = row.optional_integer(column);
    return us ? std::optional<Time>(from_unix_us(*us)) : std::nullopt;
}

Delivery read_delivery(const store::Statement& row) {
    Delivery delivery;
    delivery.id = row.text(0);
    delivery.tenant = row.text(1);
    delivery.key = row.text(2);
    delivery.channel = row.text(3);
    delivery.subject = row.text(4);
    delivery.text = row.text(5);
    delivery.about = row.text(6);
    delivery.state = parse_state(row.text(7)).value_or(State::kUnknown);
    delivery.why = row.text(8);
    delivery.created = from_unix_us(row.integer(9));
    delivery.next_attempt = time_at(row, 10);
    delivery.settled = time_at(row, 11);
    delivery.attempt_count = static_cast<int>(row.integer(12));
    delivery.mode = parse_mode(row.text(19)).value_or(Mode::kPost);
    delivery.thread = row.text(20);
    delivery.revision = row.integer(21);
    delivery.severity = row.text(22);
    delivery.is_resolution = row.integer(23) != 0;
    delivery.links = read_links(row.text(24));
    delivery.payload = row.text(25);
    if (row.is_null(14)) return delivery;
    Receipt receipt;
    receipt.provider = row.text(13);
    receipt.identifier = row.text(14);
    receipt.place = row.text(15);
    receipt.detail = row.text(16);
    receipt.proof = parse_proof(row.text(17)).value_or(Proof::kAnswer);
    receipt.time = from_unix_us(row.integer(18));
    delivery.receipt = std::move(receipt);
    return delivery;
}

// Columns after those of the delivery, in kDueColumns' order.
Due read_due(const store::Statement& row) {
    Due due;
    due.delivery = read_delivery(row);
    due.progress.attempts = due.delivery.attempt_count - static_cast<int>(row.integer(kColumns));
    due.progress.is_ambiguous = row.integer(kColumns + 1) != 0;
    std::string last_outcome = row.text(kColumns + 2);
    due.progress.is_sought = last_outcome == to_string(Outcome::Kind::kAbsent);
    due.progress.is_unreadable = last_outcome == to_string(Outcome::Kind::kUnreadable);
    // Until its channel says otherwise: the deadline counts from here.
    due.progress.give_up_at = from_unix_us(row.integer(kColumns + 3));
    due.first_attempt = from_unix_us(row.integer(kColumns + 4));
    due.progress.may_recreate = row.integer(kColumns + 5) == 0;
    if (row.is_null(kColumns + 6)) return due;
    due.anchor = Anchor{row.text(kColumns + 6), row.text(kColumns + 7), row.text(kColumns + 8),
                        row.text(kColumns + 9), row.text(kColumns + 10)};
    return due;
}

constexpr std::string_view kSelectDue =
    "SELECT " NS_DELIVERY_COLUMNS
    ", d.attempts_before, d.is_ambiguous,"
    " coalesce((SELECT outcome FROM delivery_attempts WHERE delivery = d.id ORDER BY number DESC LIMIT 1), "
    "''),"
    " coalesce(d.requeued_us, d.created_us),"
    " coalesce((SELECT started_us FROM delivery_attempts WHERE delivery = d.id ORDER BY number LIMIT 1),"
    " d.created_us),"
    " coalesce(t.is_recreated, 0), t.anchor_delivery, t.anchor_address, t.anchor_identifier,"
    " t.anchor_place, t.anchor_subject";
constexpr int kDueColumns = kColumns + 11;

constexpr std::string_view kJoinThread =
    "LEFT JOIN delivery_threads t ON t.tenant = d.tenant AND t.channel = d.channel AND t.thread = d.thread";

Result<void> add_attempts(store::Database& db, Delivery& delivery) {
    NS_TRY(auto select,
           db.prepare("SELECT number, started_us, ended_us, outcome, error, status, is_read_back"
                      " FROM delivery_attempts WHERE delivery = ? ORDER BY number DESC LIMIT ?"));
    select.bind(1, delivery.id).bind(2, static_cast<int64_t>(kAttemptsShownMax));
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) break;
        Attempt attempt;
        attempt.number = static_cast<int>(select.integer(0));
        attempt.started = from_unix_us(select.integer(1));
        attempt.ended = time_at(select, 2);
        attempt.outcome = select.text(3);
        attempt.error = select.text(4);
        attempt.status = static_cast<int>(select.integer(5));
        attempt.is_read_back = select.integer(6) != 0;
        delivery.attempts.insert(delivery.attempts.begin(), std::move(attempt));
    }
    return {};
}

Result<Delivery> select_one(store::Database& db, std::string_view where, const std::string& tenant,
                            const std::string& name) {
    NS_TRY(auto select, db.prepare(fmt::format("SELECT " NS_DELIVERY_COLUMNS " FROM deliveries d"
                                               " WHERE d.tenant = ? AND {} = ?",
                                               where)));
    select.bind(1, tenant).bind(2, name);
    NS_TRY(bool has_row, select.step());
    if (!has_row) return fail(Code::kNotFound, "there is no delivery {:.200}", name);
    Delivery delivery = read_delivery(select);
    if (auto added = add_attempts(db, delivery); !added) return Failure(added.error());
    return delivery;
}

}  // namespace

Result<std::vector<Waiting>> select_waiting(store::Database& db) {
    // From channel to channel by the index: however many wait, it looks at one of each.
    NS_TRY(
        auto select,
        db.prepare("WITH RECURSIVE c (name) AS (SELECT min(channel) FROM deliveries"
                   " WHERE next_attempt_us IS NOT NULL UNION ALL SELECT (SELECT min(channel) FROM deliveries"
                   " WHERE next_attempt_us IS NOT NULL AND channel > c.name) FROM c"
                   " WHERE c.name IS NOT NULL)"
                   " SELECT name, (SELECT min(next_attempt_us) FROM deliveries WHERE channel = name"
                   " AND next_attempt_us IS NOT NULL) FROM c WHERE name IS NOT NULL"));
    std::vector<Waiting> waiting;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return waiting;
        waiting.push_back({select.text(0), from_unix_us(select.integer(1))});
    }
}

Result<uint64_t> count_waiting(store::Database& db) {
    NS_TRY(auto select, db.prepare("SELECT coalesce(sum(waiting), 0) FROM delivery_tenants"));
    NS_TRY([[maybe_unused]] bool has_row, select.step());
    return static_cast<uint64_t>(select.integer(0));
}

Result<std::vector<Due>> select_due(store::Database& db, const std::string& channel, Time now, size_t limit) {
    NS_TRY(auto select,
           db.prepare(fmt::format("{} FROM deliveries d {} WHERE d.channel = ? AND d.next_attempt_us <= ?"
                                  " ORDER BY d.next_attempt_us, d.rowid LIMIT ?",
                                  kSelectDue, kJoinThread)));
    select.bind(1, channel).bind(2, unix_us(now)).bind(3, static_cast<int64_t>(limit));
    std::vector<Due> due;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return due;
        due.push_back(read_due(select));
    }
}

Result<std::vector<Interrupted>> select_interrupted(store::Database& db) {
    NS_TRY(auto select,
           db.prepare(fmt::format("{}, a.number, a.is_read_back FROM delivery_attempts a"
                                  " JOIN deliveries d ON d.id = a.delivery {} WHERE a.ended_us IS NULL",
                                  kSelectDue, kJoinThread)));
    std::vector<Interrupted> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        Interrupted each;
        each.due = read_due(select);
        each.attempt_number = static_cast<int>(select.integer(kDueColumns));
        each.was_read_back = select.integer(kDueColumns + 1) != 0;
        found.push_back(std::move(each));
    }
}

Result<std::vector<Delivery>> select_untold(store::Database& db, const std::optional<Delivery>& after,
                                            size_t limit) {
    NS_TRY(auto select, db.prepare("SELECT " NS_DELIVERY_COLUMNS " FROM deliveries d"
                                   " WHERE d.settled_us IS NOT NULL AND d.is_told = 0"
                                   " AND (d.settled_us, d.id) > (?, ?) ORDER BY d.settled_us, d.id LIMIT ?"));
    select.bind(1, after ? unix_us(after->settled.value_or(after->created)) : INT64_MIN);
    select.bind(2, after ? after->id : "").bind(3, static_cast<int64_t>(limit));
    std::vector<Delivery> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        found.push_back(read_delivery(select));
    }
}

Result<Delivery> select_delivery(store::Database& db, const std::string& tenant, const std::string& id) {
    return select_one(db, "d.id", tenant, id);
}

Result<Delivery> select_by_key(store::Database& db, const std::string& tenant, const std::string& key) {
    return select_one(db, "d.key", tenant, key);
}

Result<Page> select_page(store::Database& db, const Filter& filter) {
    std::string sql = "SELECT " NS_DELIVERY_COLUMNS " FROM deliveries d WHERE d.tenant = ?1";
    if (!filter.about.empty()) sql += " AND d.about = ?2";
    if (!filter.channel.empty()) sql += " AND d.channel = ?3";
    if (filter.state) sql += " AND d.state = ?4";
    if (!filter.cursor.empty()) sql += " AND d.id < ?5";
    sql += " ORDER BY d.id DESC LIMIT ?6";
    NS_TRY(auto select, db.prepare(sql));
    auto limit = static_cast<size_t>(std::clamp(filter.limit, 1, kPageMax));
    select.bind(1, filter.tenant).bind(2, filter.about).bind(3, filter.channel);
    if (filter.state) select.bind(4, to_string(*filter.state));
    select.bind(5, filter.cursor).bind(6, static_cast<int64_t>(limit + 1));
    Page page;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return page;
        if (page.deliveries.size() == limit) {
            page.cursor = page.deliveries.back().id;
            return page;
        }
        page.deliveries.push_back(read_delivery(select));
    }
}

Result<std::vector<ChannelHealth>> select_health(store::Database& db) {
    NS_TRY(auto select,
           db.prepare("SELECT name, last_receipt_us, last_error_us, last_error, delivered, unknown,"
                      " failed, (SELECT count(*) FROM deliveries WHERE channel = name"
                      " AND settled_us IS NULL) FROM delivery_channels"));
    std::vector<ChannelHealth> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        ChannelHealth health;
        health.name = select.text(0);
        health.last_receipt = time_at(select, 1);
        health.last_error = time_at(select, 2);
        health.last_error_text = select.text(3);
        health.delivered_total = static_cast<uint64_t>(select.integer(4));
        health.unknown_total = static_cast<uint64_t>(select.integer(5));
        health.failed_total = static_cast<uint64_t>(select.integer(6));
        health.waiting = static_cast<uint64_t>(select.integer(7));
        found.push_back(std::move(health));
    }
}

Result<bool> begin_attempt(store::Database& db, const Due& due, bool is_read_back, Time now) {
    const Delivery& delivery = due.delivery;
    NS_TRY(auto claim,
           db.prepare("UPDATE deliveries SET state = ?, attempts = attempts + 1, next_attempt_us = NULL"
                      " WHERE id = ? AND attempts = ? AND next_attempt_us = ?"));
    claim.bind(1, to_string(is_read_back ? State::kUnknown : State::kSending)).bind(2, delivery.id);
    claim.bind(3, static_cast<int64_t>(delivery.attempt_count));
    claim.bind(4, unix_us(*delivery.next_attempt));
    if (auto done = claim.run(); !done) return Failure(done.error());
    if (db.changes() == 0) return false;
    NS_TRY(auto insert,
           db.prepare("INSERT INTO delivery_attempts (delivery, number, is_read_back, started_us)"
                      " VALUES (?, ?, ?, ?)"));
    insert.bind(1, delivery.id).bind(2, static_cast<int64_t>(delivery.attempt_count + 1));
    insert.bind(3, static_cast<int64_t>(is_read_back)).bind(4, unix_us(now));
    if (auto done = insert.run(); !done) return Failure(done.error());
    return true;
}

namespace {

Result<void> update_health(store::Database& db, const Delivery& delivery, const Attempt& attempt,
                           const Step& step) {
    NS_TRY(auto update,
           db.prepare(
               "INSERT INTO delivery_channels (name, last_receipt_us, last_error_us, last_error, delivered,"
               " unknown, failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
               " ON CONFLICT (name) DO UPDATE SET last_receipt_us = coalesce(?2, last_receipt_us),"
               " last_error_us = coalesce(?3, last_error_us),"
               " last_error = CASE WHEN ?3 IS NULL THEN last_error ELSE ?4 END,"
               " delivered = delivered + ?5, unknown = unknown + ?6, failed = failed + ?7"));
    bool is_delivered = step.state == State::kDelivered;
    bool is_settled = !step.next_attempt;
    int64_t ended = unix_us(attempt.ended.value_or(attempt.started));
    auto when = [ended](bool holds) { return holds ? std::optional<int64_t>(ended) : std::nullopt; };
    update.bind(1, delivery.channel).bind(2, when(is_delivered)).bind(3, when(!is_delivered));
    update.bind(4, attempt.error).bind(5, static_cast<int64_t>(is_delivered));
    update.bind(6, static_cast<int64_t>(is_settled && step.state == State::kUnknown));
    update.bind(7, static_cast<int64_t>(is_settled && step.state == State::kFailed));
    return update.run();
}

}  // namespace

namespace {

Result<void> end_attempt(store::Database& db, const std::string& delivery, const Attempt& attempt,
                         int64_t ended) {
    NS_TRY(auto update,
           db.prepare("UPDATE delivery_attempts SET ended_us = ?, outcome = ?, error = ?, status = ?"
                      " WHERE delivery = ? AND number = ?"));
    update.bind(1, ended).bind(2, attempt.outcome).bind(3, attempt.error);
    update.bind(4, static_cast<int64_t>(attempt.status)).bind(5, delivery);
    update.bind(6, static_cast<int64_t>(attempt.number));
    return update.run();
}

Result<void> write_state(store::Database& db, const Delivery& delivery, const Step& step, int64_t ended) {
    NS_TRY(auto update,
           db.prepare("UPDATE deliveries SET state = ?, why = ?, is_ambiguous = ?, next_attempt_us = ?,"
                      " settled_us = ?, receipt_provider = ?, receipt_identifier = ?,"
                      " receipt_place = ?, receipt_detail = ?, receipt_proof = ?, receipt_us = ?"
                      " WHERE id = ?"));
    update.bind(1, to_string(step.state)).bind(2, step.why).bind(3, static_cast<int64_t>(step.is_ambiguous));
    update.bind(4, step.next_attempt ? std::optional<int64_t>(unix_us(*step.next_attempt)) : std::nullopt);
    update.bind(5, step.next_attempt ? std::nullopt : std::optional<int64_t>(ended));
    if (const auto& receipt = delivery.receipt) {
        update.bind(6, receipt->provider).bind(7, receipt->identifier).bind(8, receipt->place);
        update.bind(9, receipt->detail).bind(10, to_string(receipt->proof)).bind(11, unix_us(receipt->time));
    }
    update.bind(12, delivery.id);
    return update.run();
}

}  // namespace

Result<void> finish_attempt(store::Database& db, const Ending& ending) {
    const Delivery& delivery = ending.delivery;
    const Step& step = ending.step;
    Time ended = ending.attempt.ended.value_or(ending.attempt.started);
    if (auto done = end_attempt(db, delivery.id, ending.attempt, unix_us(ended)); !done) return done;
    if (auto done = write_state(db, delivery, step, unix_us(ended)); !done) return done;
    if (!delivery.thread.empty()) {
        if (!ending.anchor_address.empty() && step.state == State::kDelivered) {
            if (auto done = set_anchor(db, delivery, ending.anchor_address); !done) return done;
        }
        if (step.is_anchor_lost) {
            if (auto done = lose_anchor(db, thread_of(delivery)); !done) return done;
        }
        if (!step.next_attempt) {
            if (auto done = promote_next(db, thread_of(delivery), ended); !done) return done;
        }
    }
    return update_health(db, delivery, ending.attempt, step);
}

Result<void> settle_unsent(store::Database& db, const Delivery& delivery, const std::string& why, Time now) {
    NS_TRY(auto update,
           db.prepare("UPDATE deliveries SET state = CASE WHEN is_ambiguous THEN 'unknown' ELSE 'failed' END,"
                      " why = ?, next_attempt_us = NULL, settled_us = ?"
                      " WHERE id = ? AND next_attempt_us IS NOT NULL"));
    update.bind(1, why).bind(2, unix_us(now)).bind(3, delivery.id);
    if (auto done = update.run(); !done || delivery.thread.empty()) return done;
    return promote_next(db, thread_of(delivery), now);
}

Result<void> settle_skipped(store::Database& db, const Delivery& delivery, const std::string& why, Time now) {
    NS_TRY(auto update, db.prepare("UPDATE deliveries SET state = 'superseded', why = ?, is_told = 1,"
                                   " next_attempt_us = NULL, settled_us = ?"
                                   " WHERE id = ? AND next_attempt_us IS NOT NULL"));
    update.bind(1, why).bind(2, unix_us(now)).bind(3, delivery.id);
    if (auto done = update.run(); !done) return done;
    return promote_next(db, thread_of(delivery), now);
}

Result<void> mark_told(store::Database& db, const std::string& id) {
    NS_TRY(auto update, db.prepare("UPDATE deliveries SET is_told = 1 WHERE id = ?"));
    update.bind(1, id);
    return update.run();
}

Result<void> requeue(store::Database& db, const std::string& tenant, const std::string& id, Time now) {
    NS_TRY(Delivery delivery, select_delivery(db, tenant, id));
    if (delivery.state == State::kDelivered) {
        return fail(Code::kConflict, "delivery {} arrived already: {}", id, delivery.receipt->identifier);
    }
    if (!delivery.settled) return fail(Code::kConflict, "delivery {} is still being sent", id);
    bool is_threaded = !delivery.thread.empty();
    int64_t revision = delivery.revision;
    if (is_threaded) {
        NS_TRY(bool has_newer, is_outdated(db, delivery));
        if (delivery.state == State::kSuperseded || (delivery.mode != Mode::kReply && has_newer)) {
            return fail(Code::kConflict, "delivery {} is out of date: a later one of its thread says more",
                        id);
        }
        NS_TRY(revision, take_revision(db, thread_of(delivery), now));
    }
    {
        NS_TRY(auto update,
               db.prepare("UPDATE deliveries SET state = 'queued', why = 'sent again by a person',"
                          " is_ambiguous = 0, is_told = 0, settled_us = NULL, attempts_before = attempts,"
                          " requeued_us = ?, next_attempt_us = ?, revision = ? WHERE id = ?"));
        update.bind(1, unix_us(now)).bind(3, revision).bind(4, id);
        update.bind(2, is_threaded ? std::nullopt : std::optional<int64_t>(unix_us(now)));
        if (auto done = update.run(); !done || !is_threaded) return done;
    }
    return promote_next(db, thread_of(delivery), now);
}

Result<void> pull_forward(store::Database& db, Time now, std::chrono::seconds longest) {
    NS_TRY(auto update, db.prepare("UPDATE deliveries SET next_attempt_us = ?1 WHERE next_attempt_us > ?2"));
    update.bind(1, unix_us(now)).bind(2, unix_us(now + longest));
    return update.run();
}

Result<void> shift_waiting(store::Database& db, std::chrono::microseconds back) {
    NS_TRY(auto update, db.prepare("UPDATE deliveries SET next_attempt_us = next_attempt_us - ?"
                                   " WHERE next_attempt_us IS NOT NULL"));
    update.bind(1, static_cast<int64_t>(back.count()));
    return update.run();
}

Result<int64_t> prune(store::Database& db, Time before, int64_t limit) {
    NS_TRY(auto remove, db.prepare("DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries"
                                   " WHERE settled_us < ? AND is_told = 1 LIMIT ?)"));
    remove.bind(1, unix_us(before)).bind(2, limit);
    if (auto done = remove.run(); !done) return Failure(done.error());
    int64_t pruned = db.changes();
    if (auto done = prune_threads(db, before, limit); !done) return Failure(done.error());
    return pruned;
}

}  // namespace nightshift::delivery
