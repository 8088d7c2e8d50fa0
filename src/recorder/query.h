#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "recorder/event.h"

namespace nightshift::recorder {

// One tenant's events in [from_us, to_us).
struct Scope {
    std::string tenant = "default";
    int64_t from_us = 0;
    int64_t to_us = INT64_MAX;
};

// An aggregate query. The text forms are those of POST /api/v1/query (docs/api.md):
//   where       kind = model_call and (status = error or duration > 5s) and agent != "nightly"
//   group_by    a column, or time(1m) time(1h) time(1d)
//   aggregates  count, errors, sum(column), avg(column), min(column), max(column), p50(column) p95 p99,
//   count_distinct(column)
struct Query {
    Scope scope;
    std::string where;
    std::string text;  // a substring of the attributes or the name, without case
    std::vector<std::string> group_by;
    std::vector<std::string> aggregates;
    std::string order_by;  // a column of the result; a leading '-' is descending
    uint32_t limit = 1000;
};

using Value = std::variant<std::monostate, int64_t, double, std::string>;

struct QueryResult {
    std::vector<std::string> columns;
    std::vector<std::vector<Value>> rows;
    bool is_truncated = false;  // more groups than `limit`
    bool from_rollup = false;   // answered without reading events
    uint64_t rows_scanned = 0;
    uint64_t elapsed_us = 0;
};

// Single events, newest or oldest first.
struct EventQuery {
    Scope scope;
    std::string where;
    std::string text;
    bool newest_first = true;
    uint32_t limit = 100;
    std::string cursor;  // from the previous page
};

struct EventPage {
    std::shared_ptr<const EventBatch> batch;  // events in the asked order
    std::string next_cursor;                  // empty: the end
    uint64_t rows_scanned = 0;
};

}  // namespace nightshift::recorder
