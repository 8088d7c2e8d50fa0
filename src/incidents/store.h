#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "incidents/types.h"
#include "store/sqlite/database.h"

// The incidents' tables, and nobody else's. Functions that change something run inside the writer's change.
namespace nightshift::incidents {

Result<void> migrate_incidents(store::Database& db);

// An incident with what its group was last told with: all alerts that fired, also those that are not kept as
// members.
struct Kept {
    Incident incident;
    std::vector<uint64_t> told;
    Time told_at;
    std::string policy;  // of the group's route; "" for that of the severity
};

// The same as it is written: made where the incident lives, so that the writer need not copy it.
struct Row {
    std::string id;
    std::string tenant;
    std::string key;
    std::string rule;
    std::string part_of;
    State state = State::kOpen;
    Severity severity = Severity::kWarning;
    Time opened;
    std::optional<Time> resolved;  // exactly when it is
    std::string told;              // packed
    Time told_at;
    std::string policy;
    std::string document;
};
Row row_of(const Kept& kept);

// kConflict when another unresolved incident has its key.
Result<void> put_incident(store::Database& db, const Row& row);
// Unresolved, and those that were resolved after `resolved_after`; oldest first.
Result<std::vector<Kept>> select_recent(store::Database& db, Time resolved_after);
// kNotFound.
Result<Incident> select_incident(store::Database& db, const std::string& tenant, const std::string& id);

// Which incidents a list shows; empty members do not restrict. Newest first.
struct Filter {
    std::string tenant;
    std::optional<State> state;
    bool is_unresolved = false;
    bool speaks_for_itself = false;  // without those that are told with another
    std::optional<Severity> severity;
    std::string rule;
    std::optional<Time> opened_after;
    int limit = 100;
    std::string cursor;
};

struct Page {
    std::vector<Incident> incidents;
    std::string cursor;  // empty: no more
    uint64_t total = 0;  // of those the filter selects, whatever the page
};

Result<Page> select_page(store::Database& db, const Filter& filter);
// Deletes those resolved before that time.
Result<int64_t> forget_resolved(store::Database& db, Time before);

}  // namespace nightshift::incidents
