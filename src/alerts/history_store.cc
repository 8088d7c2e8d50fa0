#include "alerts/history_store.h"

#include <cmath>

#include "alerts/limits.h"
#include "store/migrations.h"

namespace nightshift::alerts {
namespace {

using store::Database;
using store::Statement;

// Few things stand in few ways again and again: what they are is kept once.
constexpr std::string_view kCreate =
    "CREATE TABLE signal_labels ("
    " id INTEGER PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " tenant TEXT NOT NULL,"
    " labels TEXT NOT NULL,"  // packed
    " added TEXT NOT NULL,"   // packed
    " UNIQUE (kind, tenant, labels)) STRICT;"
    "CREATE TABLE signal_stretches ("
    " id INTEGER PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " labels INTEGER NOT NULL,"
    " value REAL,"  // null: no number
    " says TEXT NOT NULL,"
    " from_us INTEGER NOT NULL,"
    " until_us INTEGER NOT NULL) STRICT;"  // the largest number: it stands so still
    "CREATE INDEX signal_stretches_by_end ON signal_stretches (kind, until_us);"
    "CREATE INDEX signal_stretches_by_labels ON signal_stretches (labels, until_us);"
    "CREATE TABLE signal_watched ("
    " id INTEGER PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " from_us INTEGER NOT NULL,"
    " until_us INTEGER NOT NULL,"
    " why TEXT NOT NULL) STRICT;"
    "CREATE INDEX signal_watched_by_begin ON signal_watched (kind, from_us);"
    "CREATE TABLE signal_left_out ("
    " kind TEXT NOT NULL,"
    " tenant TEXT NOT NULL,"
    " hour_us INTEGER NOT NULL,"
    " count INTEGER NOT NULL,"
    " PRIMARY KEY (kind, tenant, hour_us)) STRICT, WITHOUT ROWID";

// Of the columns id, value, says, from_us, until_us.
void read_stretch(const Statement& row, Stretch& stretch) {
    stretch.id = row.integer(0);
    stretch.value = row.is_null(1) ? NAN : row.real(1);
    stretch.says = row.text(2);
    stretch.from = from_unix_us(row.integer(3));
    stretch.until = from_unix_us(row.integer(4));
}

Result<void> put_stretches(Database& db, const HistoryBatch& batch) {
    NS_TRY(
        Statement name,
        db.prepare("INSERT OR IGNORE INTO signal_labels (kind, tenant, labels, added) VALUES (?, ?, ?, ?)"));
    NS_TRY(Statement put,
           db.prepare("INSERT INTO signal_stretches (id, kind, labels, value, says, from_us, until_us)"
                      " SELECT ?4, ?1, id, ?5, ?6, ?7, ?8 FROM signal_labels"
                      " WHERE kind = ?1 AND tenant = ?2 AND labels = ?3"));
    for (const Stretch& each : batch.opened) {
        for (Statement* one : {&name, &put})
            one->bind(1, to_string(each.kind)).bind(2, each.tenant).bind(3, each.labels.packed());
        name.bind(4, each.added.packed());
        if (auto done = name.run(); !done) return done;
        put.bind(4, each.id).bind_real(5, each.value).bind(6, each.says);
        put.bind(7, unix_us(each.from)).bind(8, unix_us(each.until));
        if (auto done = put.run(); !done) return done;
    }
    NS_TRY(Statement close, db.prepare("UPDATE signal_stretches SET until_us = ? WHERE id = ?"));
    for (const HistoryBatch::Closed& each : batch.closed) {
        close.bind(1, unix_us(each.until)).bind(2, each.id);
        if (auto done = close.run(); !done) return done;
    }
    return {};
}

Result<Time> time_or_epoch(Statement& select) {
    NS_TRY(bool has_row, select.step());
    return has_row ? from_unix_us(select.integer(0)) : Time();
}

// That kind was not watched before `cut`, as far as is known.
Result<void> trim_watched(Database& db, SignalKind kind, Time cut) {
    NS_TRY(Statement remove, db.prepare("DELETE FROM signal_watched WHERE kind = ? AND until_us < ?"));
    remove.bind(1, to_string(kind)).bind(2, unix_us(cut));
    if (auto done = remove.run(); !done) return done;
    NS_TRY(Statement trim,
           db.prepare("UPDATE signal_watched SET from_us = ?1 WHERE kind = ?2 AND from_us < ?1"));
    trim.bind(1, unix_us(cut)).bind(2, to_string(kind));
    if (auto done = trim.run(); !done) return done;
    NS_TRY(Statement forget, db.prepare("DELETE FROM signal_left_out WHERE kind = ? AND hour_us < ?"));
    forget.bind(1, to_string(kind)).bind(2, unix_us(std::chrono::floor<std::chrono::hours>(cut)));
    return forget.run();
}

Result<int64_t> remove_ended(Database& db, SignalKind kind, Time until) {
    NS_TRY(Statement unname,
           db.prepare(
               "DELETE FROM signal_labels WHERE id IN"
               " (SELECT labels FROM signal_stretches WHERE kind = ?1 AND until_us <= ?2) AND NOT EXISTS"
               " (SELECT 1 FROM signal_stretches s WHERE s.labels = signal_labels.id AND s.until_us > ?2)"));
    unname.bind(1, to_string(kind)).bind(2, unix_us(until));
    if (auto done = unname.run(); !done) return Failure(done.error());
    NS_TRY(Statement remove, db.prepare("DELETE FROM signal_stretches WHERE kind = ? AND until_us <= ?"));
    remove.bind(1, to_string(kind)).bind(2, unix_us(until));
    if (auto done = remove.run(); !done) return Failure(done.error());
    return db.changes();
}

}  // namespace

Result<void> migrate_history(Database& db) {
    return store::migrate(db, "signal history", {{1, std::string(kCreate)}});
}

Result<void> put_history(Database& db, const HistoryBatch& batch) {
    if (auto done = put_stretches(db, batch); !done) return done;
    // Where it begins is not told again: what was forgotten meanwhile stays so.
    NS_TRY(Statement watched,
           db.prepare("INSERT INTO signal_watched (id, kind, from_us, until_us, why) VALUES (?, ?, ?, ?, ?)"
                      " ON CONFLICT (id) DO UPDATE SET until_us = excluded.until_us, why = excluded.why"));
    for (const Watched& each : batch.watched) {
        watched.bind(1, each.id).bind(2, to_string(each.kind)).bind(3, unix_us(each.from));
        watched.bind(4, unix_us(each.until)).bind(5, each.why);
        if (auto done = watched.run(); !done) return done;
    }
    NS_TRY(Statement add, db.prepare("INSERT INTO signal_left_out VALUES (?, ?, ?, ?)"
                                     " ON CONFLICT DO UPDATE SET count = count + excluded.count"));
    for (const HistoryBatch::LeftOut& each : batch.left_out) {
        add.bind(1, to_string(each.kind)).bind(2, each.tenant).bind(3, unix_us(each.hour));
        add.bind(4, static_cast<int64_t>(each.count));
        if (auto done = add.run(); !done) return done;
    }
    return {};
}

Result<KeptHistory> select_kept(Database& db) {
    KeptHistory kept;
    for (size_t i = 0; i < kSignalKindCount; ++i) {
        auto kind = static_cast<SignalKind>(i);
        NS_TRY(Statement count, db.prepare("SELECT count(*) FROM signal_stretches WHERE kind = ?"));
        count.bind(1, to_string(kind));
        NS_TRY([[maybe_unused]] bool has_count, count.step());
        kept.rows[i] = count.integer(0);
        NS_TRY(Statement open, db.prepare("SELECT s.id, value, says, from_us, until_us, tenant, l.labels"
                                          " FROM signal_stretches s JOIN signal_labels l ON l.id = s.labels"
                                          " WHERE s.kind = ? AND until_us = ? ORDER BY s.id"));
        open.bind(1, to_string(kind)).bind(2, unix_us(Stretch::kOpen));
        for (;;) {
            NS_TRY(bool has_row, open.step());
            if (!has_row) break;
            Stretch stretch;
            read_stretch(open, stretch);
            stretch.kind = kind;
            stretch.tenant = open.text(5);
            stretch.labels = Labels::unpack(open.text(6));
            kept.open.push_back(std::move(stretch));
        }
    }
    NS_TRY(Statement last, db.prepare("SELECT max(coalesce((SELECT max(id) FROM signal_stretches), 0),"
                                      " coalesce((SELECT max(id) FROM signal_watched), 0))"));
    NS_TRY([[maybe_unused]] bool has_last, last.step());
    kept.next_id = last.integer(0) + 1;
    return kept;
}

Result<void> select_stretches(Database& db, const PastRange& range,
                              const std::function<bool(const Labels&)>& is_meant,
                              const std::function<void(const Stretch&)>& take) {
    NS_TRY(Statement names,
           db.prepare("SELECT id, labels, added FROM signal_labels WHERE kind = ? AND tenant = ?"));
    names.bind(1, to_string(range.kind)).bind(2, range.tenant);
    Stretch stretch;
    stretch.kind = range.kind;
    stretch.tenant = range.tenant;
    for (;;) {
        NS_TRY(bool has_name, names.step());
        if (!has_name) return {};
        stretch.labels = Labels::unpack(names.text(1));
        if (!is_meant(stretch.labels)) continue;
        stretch.added = Labels::unpack(names.text(2));
        NS_TRY(Statement rows, db.prepare("SELECT id, value, says, from_us, until_us FROM signal_stretches"
                                          " WHERE labels = ? AND until_us > ? AND from_us <= ?"));
        rows.bind(1, names.integer(0)).bind(2, unix_us(range.from)).bind(3, unix_us(range.to));
        for (;;) {
            NS_TRY(bool has_row, rows.step());
            if (!has_row) break;
            read_stretch(rows, stretch);
            take(stretch);
        }
    }
}

Result<std::vector<Watched>> select_watched(Database& db, const PastRange& range) {
    NS_TRY(Statement select, db.prepare("SELECT id, from_us, until_us, why FROM signal_watched WHERE kind = ?"
                                        " AND from_us <= ? AND until_us >= ? ORDER BY from_us"));
    select.bind(1, to_string(range.kind)).bind(2, unix_us(range.to)).bind(3, unix_us(range.from));
    std::vector<Watched> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        found.push_back({select.integer(0), range.kind, from_unix_us(select.integer(1)),
                         from_unix_us(select.integer(2)), select.text(3)});
    }
}

Result<uint64_t> count_left_out(Database& db, const PastRange& range) {
    NS_TRY(Statement select, db.prepare("SELECT coalesce(sum(count), 0) FROM signal_left_out WHERE kind = ?"
                                        " AND tenant = ? AND hour_us >= ? AND hour_us <= ?"));
    select.bind(1, to_string(range.kind)).bind(2, range.tenant);
    select.bind(3, unix_us(std::chrono::floor<std::chrono::hours>(range.from))).bind(4, unix_us(range.to));
    NS_TRY([[maybe_unused]] bool has_row, select.step());
    return static_cast<uint64_t>(select.integer(0));
}

Result<int64_t> forget_history(Database& db, SignalKind kind, Time before) {
    NS_TRY(Statement newest,
           db.prepare("SELECT until_us FROM signal_stretches WHERE kind = ? AND until_us < ?"
                      " ORDER BY until_us LIMIT 1 OFFSET ?"));
    newest.bind(1, to_string(kind)).bind(2, unix_us(before)).bind(3, kHistoryPortion - 1);
    NS_TRY(Time last, time_or_epoch(newest));
    bool is_all = last == Time();
    if (auto done = trim_watched(db, kind, is_all ? before : last); !done) return Failure(done.error());
    NS_TRY(Statement oldest, db.prepare("SELECT from_us FROM signal_watched WHERE kind = ?"
                                        " ORDER BY from_us DESC LIMIT 1 OFFSET ?"));
    oldest.bind(1, to_string(kind)).bind(2, kWatchedMax - 1);
    NS_TRY(Time kept, time_or_epoch(oldest));
    if (kept != Time()) {
        if (auto done = trim_watched(db, kind, kept); !done) return Failure(done.error());
    }
    return remove_ended(db, kind, is_all ? before - microseconds(1) : last);
}

Result<int64_t> shed_history(Database& db, SignalKind kind) {
    NS_TRY(Statement newest,
           db.prepare("SELECT until_us FROM signal_stretches WHERE kind = ? AND until_us < ?"
                      " ORDER BY until_us LIMIT 1 OFFSET ?"));
    newest.bind(1, to_string(kind)).bind(2, unix_us(Stretch::kOpen)).bind(3, kHistoryPortion - 1);
    NS_TRY(Time last, time_or_epoch(newest));
    if (last == Time()) return 0;
    if (auto done = trim_watched(db, kind, last); !done) return Failure(done.error());
    return remove_ended(db, kind, last);
}

Result<void> mend_history(Database& db, Time good) {
    NS_TRY(Statement close, db.prepare("UPDATE signal_stretches SET until_us = max(from_us, ?)"
                                       " WHERE until_us = ? AND kind = ?"));
    for (size_t i = 0; i < kSignalKindCount; ++i) {
        close.bind(1, unix_us(good)).bind(2, unix_us(Stretch::kOpen));
        close.bind(3, to_string(static_cast<SignalKind>(i)));
        if (auto done = close.run(); !done) return done;
    }
    // The newest of each kind is the one that ended now, unless it says itself why it ended.
    NS_TRY(Statement trim, db.prepare("UPDATE signal_watched SET until_us = max(from_us, min(until_us, ?1)),"
                                      " why = ?2 WHERE until_us > ?1 OR (why = '' AND id IN"
                                      " (SELECT max(id) FROM signal_watched GROUP BY kind))"));
    trim.bind(1, unix_us(good)).bind(2, "its history could not be written");
    return trim.run();
}

}  // namespace nightshift::alerts
