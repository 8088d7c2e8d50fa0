#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "recorder/column_name.h"
#include "recorder/filter_evaluate.h"
#include "recorder/query.h"
#include "recorder/segment_format.h"

namespace nightshift::recorder {

// One entry of group_by: a column, or time in steps.
struct GroupBy {
    std::string name;
    Column column;
    int64_t step_us = 0;  // 0: the column's values as they are
};

// One entry of aggregates.
struct Aggregate {
    enum class Type : uint8_t { kCount, kErrors, kSum, kAverage, kMin, kMax, kPercentile, kCountDistinct };
    std::string name;
    Type type = Type::kCount;
    Column column;
    double quantile = 0;

    bool has_column() const { return type != Type::kCount && type != Type::kErrors; }
};

// A query, understood and checked.
struct QueryPlan {
    RowFilter filter;
    std::vector<GroupBy> groups;
    std::vector<Aggregate> aggregates;
    std::optional<size_t> order_column;  // of the result
    bool is_descending = false;
    uint32_t limit = 1000;

    // The columns of the aggregates.
    ColumnSet columns() const;
    // The cube that can answer, if one can; hours or minutes depend on the segment.
    std::optional<CubeKind> cube;
    bool needs_status = false;  // as a key
    bool can_use_hours = false;
    bool can_use_minutes = false;
};

// kInvalid says which part is wrong.
Result<QueryPlan> plan_query(const Query& query);

}  // namespace nightshift::recorder
