#include "incidents/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "incidents/incident_json.h"
#include "incidents/limits.h"
#include "store/migrations.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kCreate =
    "CREATE TABLE incidents ("
    " id TEXT PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),"
    " severity INTEGER NOT NULL,"
    " rule TEXT NOT NULL,"
    " opened_us INTEGER NOT NULL,"
    " resolved_us INTEGER,"
    " told TEXT NOT NULL,"  // fingerprints in hex, 16 digits each
    " told_us INTEGER NOT NULL,"
    " document TEXT NOT NULL,"
    " CHECK ((state = 'resolved') = (resolved_us IS NOT NULL))) STRICT;"
    "CREATE UNIQUE INDEX incidents_key ON incidents (tenant, key) WHERE state <> 'resolved';"
    "CREATE INDEX incidents_resolved ON incidents (resolved_us) WHERE resolved_us IS NOT NULL;"
    "CREATE INDEX incidents_tenant ON incidents (tenant, id);"
    "CREATE TABLE runbook_runs ("
    " id TEXT PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " incident TEXT NOT NULL,"
    " planned_us INTEGER NOT NULL,"
    " is_ended INTEGER NOT NULL,"
    " document TEXT NOT NULL) STRICT;"
    "CREATE INDEX runbook_runs_planned ON runbook_runs (planned_us)";

constexpr std::string_view kAddParts = "ALTER TABLE incidents ADD COLUMN part_of TEXT NOT NULL DEFAULT ''";

constexpr std::string_view kAddPolicy = "ALTER TABLE incidents ADD COLUMN policy TEXT NOT NULL DEFAULT ''";

constexpr std::string_view kAddChanges =
    "CREATE TABLE changes ("
    " id INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " time_us INTEGER NOT NULL,"
    " what TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " about TEXT NOT NULL,"
    " is_restart INTEGER NOT NULL) STRICT;"
    "CREATE INDEX changes_time ON changes (time_us)";

constexpr int kPageMax = 500;
constexpr size_t kToldMax = 10'000;  // fingerprints; the rest counts as not told after a restart

std::string pack(const std::vector<uint64_t>& fingerprints) {
    std::string text;
    for (size_t i = 0; i < std::min(fingerprints.size(), kToldMax); ++i)
        text += fmt::format("{:016x}", fingerprints[i]);
    return text;
}

Result<std::vector<uint64_t>> unpack(std::string_view text) {
    std::vector<uint64_t> fingerprints;
    for (size_t at = 0; at + 16 <= text.size(); at += 16) {
        auto bytes = from_hex(text.substr(at, 16));
        if (!bytes) return fail(Code::kCorrupt, "an incident's fingerprints are damaged");
        uint64_t value = 0;
        for (unsigned char byte : *bytes) value = value << 8 | byte;
        fingerprints.push_back(value);
    }
    return fingerprints;
}

std::string where_of(const Filter& filter) {
    std::string where = " WHERE tenant = ?1";
    if (filter.is_unresolved) where += " AND state <> 'resolved'";
    if (filter.speaks_for_itself) where += " AND part_of = ''";
    if (filter.state) where += fmt::format(" AND state = '{}'", to_string(*filter.state));
    if (filter.severity) where += fmt::format(" AND severity = {}", static_cast<int>(*filter.severity));
    if (!filter.rule.empty()) where += " AND rule = ?2";
    if (filter.opened_after) where += fmt::format(" AND opened_us >= {}", unix_us(*filter.opened_after));
    return where;
}

}  // namespace

Result<void> migrate_incidents(store::Database& db) {
    return store::migrate(db, "incidents",
                          {{1, std::string(kCreate)},
                           {2, std::string(kAddParts)},
                           {3, std::string(kAddChanges)},
                           {4, std::string(kAddPolicy)}});
}

Row row_of(const Kept& kept) {
    const Incident& incident = kept.incident;
    Row row{.id = incident.id,
            .tenant = incident.tenant,
            .key = incident.key,
            .rule = std::string(incident.rule),
            .part_of = incident.part_of,
            .state = incident.state,
            .severity = incident.severity,
            .opened = incident.opened,
            .told = pack(kept.told),
            .told_at = kept.told_at,
            .policy = kept.policy,
            .document = to_json(incident)};
    if (incident.state == State::kResolved) row.resolved = incident.resolved.value_or(incident.opened);
    return row;
}

Result<void> put_incident(store::Database& db, const Row& row) {
    NS_TRY(auto put,
           db.prepare("INSERT INTO incidents (id, tenant, key, state, severity, rule, opened_us, resolved_us,"
                      " told, told_us, document, part_of, policy)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                      " ON CONFLICT (id) DO UPDATE SET state = excluded.state, severity = excluded.severity,"
                      " resolved_us = excluded.resolved_us, told = excluded.told, told_us = excluded.told_us,"
                      " document = excluded.document, part_of = excluded.part_of, policy = excluded.policy"));
    put.bind(1, row.id).bind(2, row.tenant).bind(3, row.key);
    put.bind(4, to_string(row.state)).bind(5, static_cast<int64_t>(row.severity));
    put.bind(6, row.rule).bind(7, unix_us(row.opened));
    put.bind(8, row.resolved ? std::optional<int64_t>(unix_us(*row.resolved)) : std::nullopt);
    put.bind(9, row.told).bind(10, unix_us(row.told_at)).bind(11, row.document).bind(12, row.part_of);
    put.bind(13, row.policy);
    return put.run();
}

Result<std::vector<Kept>> select_recent(store::Database& db, Time resolved_after) {
    NS_TRY(auto select, db.prepare("SELECT document, told, told_us, policy FROM incidents"
                                   " WHERE state <> 'resolved' OR resolved_us >= ? ORDER BY id"));
    select.bind(1, unix_us(resolved_after));
    std::vector<Kept> found;
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return found;
        Kept kept;
        NS_TRY(kept.incident, parse_incident(select.text(0)));
        NS_TRY(kept.told, unpack(select.text(1)));
        kept.told_at = from_unix_us(select.integer(2));
        kept.policy = select.text(3);
        found.push_back(std::move(kept));
    }
}

Result<Incident> select_incident(store::Database& db, const std::string& tenant, const std::string& id) {
    NS_TRY(auto select, db.prepare("SELECT document FROM incidents WHERE tenant = ? AND id = ?"));
    select.bind(1, tenant).bind(2, id);
    NS_TRY(bool has_row, select.step());
    if (!has_row) return fail(Code::kNotFound, "there is no incident {:.100}", id);
    return parse_incident(select.text(0));
}

Result<Page> select_page(store::Database& db, const Filter& filter) {
    Page page;
    std::string where = where_of(filter);
    NS_TRY(auto count, db.prepare("SELECT count(*) FROM incidents" + where));
    count.bind(1, filter.tenant);
    if (!filter.rule.empty()) count.bind(2, filter.rule);
    NS_TRY([[maybe_unused]] bool counted, count.step());
    page.total = static_cast<uint64_t>(count.integer(0));

    if (!filter.cursor.empty()) where += " AND id < ?3";
    NS_TRY(auto select, db.prepare("SELECT document FROM incidents" + where + " ORDER BY id DESC LIMIT ?4"));
    auto limit = static_cast<size_t>(std::clamp(filter.limit, 1, kPageMax));
    select.bind(1, filter.tenant);
    if (!filter.rule.empty()) select.bind(2, filter.rule);
    if (!filter.cursor.empty()) select.bind(3, filter.cursor);
    select.bind(4, static_cast<int64_t>(limit + 1));
    for (;;) {
        NS_TRY(bool has_row, select.step());
        if (!has_row) return page;
        if (page.incidents.size() == limit) {
            page.cursor = page.incidents.back().id;
            return page;
        }
        NS_TRY(Incident incident, parse_incident(select.text(0)));
        page.incidents.push_back(std::move(incident));
    }
}

Result<int64_t> forget_resolved(store::Database& db, Time before) {
    NS_TRY(auto remove, db.prepare("DELETE FROM incidents WHERE resolved_us < ?"));
    remove.bind(1, unix_us(before));
    if (auto done = remove.run(); !done) return Failure(done.error());
    return db.changes();
}

}  // namespace nightshift::incidents
