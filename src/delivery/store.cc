#include "delivery/store.h"

#include "base/random.h"
#include "base/text.h"
#include "delivery/limits.h"
#include "delivery/text_fit.h"
#include "store/migrations.h"

namespace nightshift::delivery {
namespace {

// The second CHECK is the promise of this room: nothing but a provider's identifier makes a delivery
// delivered.
constexpr std::string_view kCreate =
    "CREATE TABLE deliveries ("
    " id TEXT PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " channel TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " about TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'delivered', 'unknown', 'failed')),"
    " why TEXT NOT NULL DEFAULT '',"
    " created_us INTEGER NOT NULL,"
    " requeued_us INTEGER,"  // the last time a person sent it again
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " attempts_before INTEGER NOT NULL DEFAULT 0,"  // made before it was sent again
    " is_ambiguous INTEGER NOT NULL DEFAULT 0,"
    " next_attempt_us INTEGER,"
    " settled_us INTEGER,"
    " is_told INTEGER NOT NULL DEFAULT 0,"
    " receipt_provider TEXT,"
    " receipt_identifier TEXT,"
    " receipt_place TEXT,"
    " receipt_detail TEXT,"
    " receipt_proof TEXT,"
    " receipt_us INTEGER,"
    " UNIQUE (tenant, key),"
    " CHECK (state <> 'delivered' OR (coalesce(receipt_identifier, '') <> '' AND settled_us IS NOT NULL))) "
    "STRICT;"
    "CREATE INDEX deliveries_due ON deliveries (channel, next_attempt_us) WHERE next_attempt_us IS NOT NULL;"
    "CREATE INDEX deliveries_open ON deliveries (tenant) WHERE settled_us IS NULL;"
    "CREATE INDEX deliveries_settled ON deliveries (settled_us) WHERE settled_us IS NOT NULL;"
    "CREATE INDEX deliveries_untold ON deliveries (settled_us)"
    " WHERE settled_us IS NOT NULL AND is_told = 0;"
    "CREATE INDEX deliveries_about ON deliveries (tenant, about, id);"
    "CREATE INDEX deliveries_tenant ON deliveries (tenant, id);"
    "CREATE INDEX deliveries_state ON deliveries (tenant, state, id);"
    "CREATE TABLE delivery_attempts ("
    " delivery TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,"
    " number INTEGER NOT NULL,"
    " is_read_back INTEGER NOT NULL,"
    " started_us INTEGER NOT NULL,"
    " ended_us INTEGER,"
    " outcome TEXT NOT NULL DEFAULT '',"
    " error TEXT NOT NULL DEFAULT '',"
    " status INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (delivery, number)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX delivery_attempts_open ON delivery_attempts (delivery) WHERE ended_us IS NULL;"
    "CREATE TABLE delivery_channels ("
    " name TEXT PRIMARY KEY,"
    " last_receipt_us INTEGER,"
    " last_error_us INTEGER,"
    " last_error TEXT NOT NULL DEFAULT '',"
    " delivered INTEGER NOT NULL DEFAULT 0,"
    " unknown INTEGER NOT NULL DEFAULT 0,"
    " failed INTEGER NOT NULL DEFAULT 0) STRICT";

#define NS_DELIVERY_COLUMNS                                                                       \
    "d.id, d.tenant, d.key, d.channel, d.subject, d.text, d.about, d.state, d.why, d.created_us," \
    " d.next_attempt_us, d.settled_us, d.attempts, d.receipt_provider, d.receipt_identifier,"     \
    " d.receipt_place, d.receipt_detail, d.receipt_proof, d.receipt_us"
constexpr int kColumns = 19;

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
    return due;
}

constexpr std::string_view kSelectDue =
    "SELECT " NS_DELIVERY_COLUMNS
    ", d.attempts_before, d.is_ambiguous,"
    " coalesce((SELECT outcome FROM delivery_attempts WHERE delivery = d.id ORDER BY number DESC LIMIT 1), "
    "''),"
    " coalesce(d.requeued_us, d.created_us),"
    " coalesce((SELECT started_us FROM delivery_attempts WHERE delivery = d.id ORDER BY number LIMIT 1),"
    " d.created_us)";

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

Result<void> check_new(const NewDelivery& delivery) {
    if (delivery.tenant.empty()) return fail(Code::kInvalid, "a delivery needs a tenant");
    if (delivery.key.empty() || delivery.key.size() > kKeyBytesMax) {
        return fail(Code::kInvalid, "a delivery needs an idempotency key of at most {} bytes", kKeyBytesMax);
    }
    if (delivery.channel.empty() || delivery.channel.size() > kKeyBytesMax) {
        return fail(Code::kInvalid, "a delivery needs the name of a channel");
    }
    if (delivery.about.size() > kAboutBytesMax) {
        return fail(Code::kInvalid, "what a delivery is about has at most {} bytes", kAboutBytesMax);
    }
    if (trim(delivery.text).empty() && trim(delivery.subject).empty()) {
        return fail(Code::kInvalid, "a delivery with neither subject nor text says nothing");
    }
    return {};
}

Result<void> check_room(store::Database& db, const std::string& tenant) {
    NS_TRY(auto count, db.prepare("SELECT count(*) FROM deliveries WHERE tenant = ? AND settled_us IS NULL"));
    count.bind(1, tenant);
    NS_TRY([[maybe_unused]] bool row, count.step());
    if (count.integer(0) < kWaitingMax) return {};
    return fail(Code::kLimit,
                "{} deliveries of this tenant wait to be sent already; see which channel does not take them, "
                "or try again later",
                count.integer(0));
}

}  // namespace

Result<void> migrate_deliveries(store::Database& db) {
    return store::migrate(db, "delivery", {{1, std::string(kCreate)}});
}

Result<std::string> Service::enqueue(store::Database& db, const NewDelivery& delivery, Time now) {
    if (auto checked = check_new(delivery); !checked) return Failure(checked.error());
    NS_TRY(auto known, db.prepare("SELECT id FROM deliveries WHERE tenant = ? AND key = ?"));
    known.bind(1, delivery.tenant).bind(2, delivery.key);
    NS_TRY(bool is_known, known.step());
    if (is_known) return known.text(0);
    if (auto room = check_room(db, delivery.tenant); !room) return Failure(room.error());

    std::string random = random_bytes(6);
    std::string id = fmt::format("dlv_{:012x}{}", unix_ms(now), to_hex(random.data(), random.size()));
    NS_TRY(auto insert,
           db.prepare("INSERT INTO deliveries (id, tenant, key, channel, subject, text, about, state,"
                      " created_us, next_attempt_us) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)"));
    insert.bind(1, id).bind(2, delivery.tenant).bind(3, delivery.key).bind(4, delivery.channel);
    insert.bind(5, fit(to_valid_utf8(delivery.subject), kSubjectBytesMax, Count::kBytes));
    insert.bind(6, fit(to_valid_utf8(delivery.text), kTextBytesMax, Count::kBytes));
    insert.bind(7, to_valid_utf8(delivery.about)).bind(8, unix_us(now)).bind(9, unix_us(now));
    if (auto done = insert.run(); !done) return Failure(done.error());
    return id;
}

Result<std::vector<Waiting>> select_waiting(store::Database& db) {
    NS_TRY(auto select, db.prepare("SELECT channel, count(*), min(next_attempt_us) FROM deliveries"
                                   " WHERE next_attempt_us IS NOT NULL GROUP BY channel"));
    std::vector<Waiting> waiting;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return waiting;
        waiting.push_back(
            {select.text(0), static_cast<uint64_t>(select.integer(1)), from_unix_us(select.integer(2))});
    }
}

Result<std::vector<Due>> select_due(store::Database& db, const std::string& channel, Time now, size_t limit) {
    NS_TRY(auto select,
           db.prepare(fmt::format("{} FROM deliveries d WHERE d.channel = ? AND d.next_attempt_us <= ?"
                                  " ORDER BY d.next_attempt_us, d.id LIMIT ?",
                                  kSelectDue)));
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
                                  " JOIN deliveries d ON d.id = a.delivery WHERE a.ended_us IS NULL",
                                  kSelectDue)));
    std::vector<Interrupted> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        Interrupted each;
        each.due = read_due(select);
        each.attempt_number = static_cast<int>(select.integer(kColumns + 5));
        each.was_read_back = select.integer(kColumns + 6) != 0;
        found.push_back(std::move(each));
    }
}

Result<std::vector<Delivery>> select_untold(store::Database& db, size_t limit) {
    NS_TRY(auto select, db.prepare("SELECT " NS_DELIVERY_COLUMNS " FROM deliveries d"
                                   " WHERE d.settled_us IS NOT NULL AND d.is_told = 0"
                                   " ORDER BY d.settled_us LIMIT ?"));
    select.bind(1, static_cast<int64_t>(limit));
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
                      " AND next_attempt_us IS NOT NULL) FROM delivery_channels"));
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

Result<void> finish_attempt(store::Database& db, const Delivery& delivery, const Attempt& attempt,
                            const Step& step, const std::optional<Receipt>& receipt) {
    int64_t ended = unix_us(attempt.ended.value_or(attempt.started));
    {
        NS_TRY(auto update,
               db.prepare("UPDATE delivery_attempts SET ended_us = ?, outcome = ?, error = ?, status = ?"
                          " WHERE delivery = ? AND number = ?"));
        update.bind(1, ended).bind(2, attempt.outcome).bind(3, attempt.error);
        update.bind(4, static_cast<int64_t>(attempt.status)).bind(5, delivery.id);
        update.bind(6, static_cast<int64_t>(attempt.number));
        if (auto done = update.run(); !done) return done;
    }
    {
        NS_TRY(auto update,
               db.prepare("UPDATE deliveries SET state = ?, why = ?, is_ambiguous = ?, next_attempt_us = ?,"
                          " settled_us = ?, receipt_provider = ?, receipt_identifier = ?,"
                          " receipt_place = ?, receipt_detail = ?, receipt_proof = ?, receipt_us = ?"
                          " WHERE id = ?"));
        update.bind(1, to_string(step.state))
            .bind(2, step.why)
            .bind(3, static_cast<int64_t>(step.is_ambiguous));
        update.bind(4,
                    step.next_attempt ? std::optional<int64_t>(unix_us(*step.next_attempt)) : std::nullopt);
        update.bind(5, step.next_attempt ? std::nullopt : std::optional<int64_t>(ended));
        if (receipt) {
            update.bind(6, receipt->provider).bind(7, receipt->identifier).bind(8, receipt->place);
            update.bind(9, receipt->detail)
                .bind(10, to_string(receipt->proof))
                .bind(11, unix_us(receipt->time));
        }
        update.bind(12, delivery.id);
        if (auto done = update.run(); !done) return done;
    }
    return update_health(db, delivery, attempt, step);
}

Result<void> settle_unsent(store::Database& db, const std::string& id, const std::string& why, Time now) {
    NS_TRY(auto update,
           db.prepare("UPDATE deliveries SET state = CASE WHEN is_ambiguous THEN 'unknown' ELSE 'failed' END,"
                      " why = ?, next_attempt_us = NULL, settled_us = ?"
                      " WHERE id = ? AND next_attempt_us IS NOT NULL"));
    update.bind(1, why).bind(2, unix_us(now)).bind(3, id);
    return update.run();
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
    NS_TRY(auto update,
           db.prepare("UPDATE deliveries SET state = 'queued', why = 'sent again by a person',"
                      " is_ambiguous = 0, is_told = 0, settled_us = NULL, attempts_before = attempts,"
                      " requeued_us = ?, next_attempt_us = ? WHERE id = ?"));
    update.bind(1, unix_us(now)).bind(2, unix_us(now)).bind(3, id);
    return update.run();
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
    return db.changes();
}

}  // namespace nightshift::delivery
