#include "alerts/store.h"

#include "store/migrations.h"

namespace nightshift::alerts {
namespace {

constexpr std::string_view kCreate =
    "CREATE TABLE alerts ("
    " tenant TEXT NOT NULL,"
    " labels TEXT NOT NULL,"  // packed: the alert's identity
    " annotations TEXT NOT NULL,"
    " starts_us INTEGER NOT NULL,"
    " ends_us INTEGER NOT NULL,"  // the largest number: until somebody says so
    " updated_us INTEGER NOT NULL,"
    " generator TEXT NOT NULL,"
    " is_own INTEGER NOT NULL,"
    " is_flapping INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, labels)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE alert_silences ("
    " id TEXT PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " matchers TEXT NOT NULL,"
    " starts_us INTEGER NOT NULL,"
    " ends_us INTEGER NOT NULL,"
    " author TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " created_us INTEGER NOT NULL,"
    " hushed INTEGER NOT NULL) STRICT";

}  // namespace

Result<void> migrate_alerts(store::Database& db) {
    return store::migrate(db, "alerts", {{1, std::string(kCreate)}});
}

Result<void> put_alerts(store::Database& db, const std::vector<Alert>& alerts) {
    NS_TRY(auto put, db.prepare("INSERT INTO alerts (tenant, labels, annotations, starts_us, ends_us,"
                                " updated_us, generator, is_own, is_flapping)"
                                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                                " ON CONFLICT (tenant, labels) DO UPDATE SET"
                                " annotations = excluded.annotations, starts_us = excluded.starts_us,"
                                " ends_us = excluded.ends_us, updated_us = excluded.updated_us,"
                                " generator = excluded.generator, is_own = excluded.is_own,"
                                " is_flapping = excluded.is_flapping"));
    for (const Alert& alert : alerts) {
        put.bind(1, alert.tenant).bind(2, alert.labels.packed()).bind(3, alert.annotations.packed());
        put.bind(4, unix_us(alert.starts)).bind(5, unix_us(alert.ends)).bind(6, unix_us(alert.updated));
        put.bind(7, alert.generator).bind(8, static_cast<int64_t>(alert.is_own));
        put.bind(9, static_cast<int64_t>(alert.is_flapping));
        if (auto done = put.run(); !done) return done;
    }
    return {};
}

Result<std::vector<Alert>> select_alerts(store::Database& db) {
    NS_TRY(auto select, db.prepare("SELECT tenant, labels, annotations, starts_us, ends_us, updated_us,"
                                   " generator, is_own, is_flapping FROM alerts"));
    std::vector<Alert> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        Alert alert;
        alert.tenant = select.text(0);
        alert.labels = Labels::unpack(select.text(1));
        alert.annotations = Labels::unpack(select.text(2));
        alert.starts = from_unix_us(select.integer(3));
        alert.ends = from_unix_us(select.integer(4));
        alert.updated = from_unix_us(select.integer(5));
        alert.generator = select.text(6);
        alert.is_own = select.integer(7) != 0;
        alert.is_flapping = select.integer(8) != 0;
        found.push_back(std::move(alert));
    }
}

Result<int64_t> forget_ended(store::Database& db, Time before) {
    NS_TRY(auto remove, db.prepare("DELETE FROM alerts WHERE ends_us < ?"));
    remove.bind(1, unix_us(before));
    if (auto done = remove.run(); !done) return Failure(done.error());
    return db.changes();
}

Result<void> put_silence(store::Database& db, const Silence& silence) {
    NS_TRY(auto put, db.prepare("INSERT OR REPLACE INTO alert_silences (id, tenant, matchers, starts_us,"
                                " ends_us, author, reason, created_us, hushed)"
                                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    put.bind(1, silence.id).bind(2, silence.tenant).bind(3, text_of(silence.matchers));
    put.bind(4, unix_us(silence.starts)).bind(5, unix_us(silence.ends)).bind(6, silence.author);
    put.bind(7, silence.reason).bind(8, unix_us(silence.created));
    put.bind(9, static_cast<int64_t>(silence.hushed));
    return put.run();
}

Result<std::vector<Silence>> select_silences(store::Database& db, Time ended_after) {
    NS_TRY(auto select, db.prepare("SELECT id, tenant, matchers, starts_us, ends_us, author, reason,"
                                   " created_us, hushed FROM alert_silences WHERE ends_us >= ?"
                                   " ORDER BY created_us"));
    select.bind(1, unix_us(ended_after));
    std::vector<Silence> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        Silence silence;
        silence.id = select.text(0);
        silence.tenant = select.text(1);
        NS_TRY(silence.matchers, parse_matchers(select.text(2)));
        silence.starts = from_unix_us(select.integer(3));
        silence.ends = from_unix_us(select.integer(4));
        silence.author = select.text(5);
        silence.reason = select.text(6);
        silence.created = from_unix_us(select.integer(7));
        silence.hushed = static_cast<uint64_t>(select.integer(8));
        found.push_back(std::move(silence));
    }
}

Result<int64_t> forget_silences(store::Database& db, Time before) {
    NS_TRY(auto remove, db.prepare("DELETE FROM alert_silences WHERE ends_us < ?"));
    remove.bind(1, unix_us(before));
    if (auto done = remove.run(); !done) return Failure(done.error());
    return db.changes();
}

}  // namespace nightshift::alerts
