#include "recorder/query_plan.h"

#include <algorithm>

#include "base/text.h"
#include "recorder/cube.h"

namespace nightshift::recorder {
namespace {

constexpr size_t kGroupsMax = 4;
constexpr size_t kAggregatesMax = 32;
constexpr uint32_t kLimitMax = 100000;
constexpr int64_t kMinuteUs = 60ll * 1000 * 1000;
constexpr int64_t kHourUs = 60 * kMinuteUs;

Failure no_column(std::string_view name) {
    std::optional<std::string_view> near = nearest(name, column_names());
    return fail(Code::kInvalid, "there is no column '{}'{}", truncate_utf8(name, 64),
                near ? fmt::format("; did you mean '{}'?", *near) : "");
}

// "name(inner)"; nothing when it has another form.
std::optional<std::pair<std::string_view, std::string_view>> split_call(std::string_view text) {
    size_t open = text.find('(');
    if (open == text.npos || !text.ends_with(')')) return std::nullopt;
    return std::pair(trim(text.substr(0, open)), trim(text.substr(open + 1, text.size() - open - 2)));
}

std::optional<int64_t> parse_step(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    std::optional<int64_t> count = parse_int(text.substr(0, text.size() - 1));
    if (!count || *count < 1 || *count > 10000) return std::nullopt;
    switch (text.back()) {
        case 's':
            return *count * 1000 * 1000;
        case 'm':
            return *count * kMinuteUs;
        case 'h':
            return *count * kHourUs;
        case 'd':
            return *count * 24 * kHourUs;
        default:
            return std::nullopt;
    }
}

Result<GroupBy> parse_group(std::string_view text) {
    GroupBy group;
    group.name = std::string(text);
    auto call = split_call(text);
    if (call) {
        std::optional<int64_t> step = parse_step(call->second);
        if (call->first != "time" || !step) {
            return fail(Code::kInvalid, "'{}' is not a group; a column, or time(1m), time(1h), time(1d)",
                        truncate_utf8(text, 64));
        }
        group.name = "time";
        group.column = Column{.kind = Column::Kind::kNumber, .number = Number::kTime};
        group.step_us = *step;
        return group;
    }
    std::optional<Column> column = find_column(text);
    if (!column) return no_column(text);
    group.column = *column;
    return group;
}

struct NamedType {
    std::string_view name;
    Aggregate::Type type;
};
constexpr NamedType kTypes[] = {
    {"sum", Aggregate::Type::kSum},
    {"avg", Aggregate::Type::kAverage},
    {"min", Aggregate::Type::kMin},
    {"max", Aggregate::Type::kMax},
    {"count_distinct", Aggregate::Type::kCountDistinct},
};

Result<Aggregate> parse_aggregate(std::string_view text) {
    Aggregate aggregate;
    aggregate.name = std::string(text);
    if (text == "count" || text == "count()") return aggregate;
    if (text == "errors" || text == "errors()") {
        aggregate.type = Aggregate::Type::kErrors;
        return aggregate;
    }
    auto call = split_call(text);
    Failure unknown = fail(Code::kInvalid,
                           "'{}' is not an aggregate; count, errors, sum(x), avg(x), min(x), max(x), p50(x), "
                           "p95(x), p99(x), count_distinct(x)",
                           truncate_utf8(text, 64));
    if (!call) return unknown;
    std::optional<Column> column = find_column(call->second);
    if (!column) return no_column(call->second);
    aggregate.column = *column;
    auto named = std::find_if(std::begin(kTypes), std::end(kTypes),
                              [&](const NamedType& each) { return each.name == call->first; });
    if (named != std::end(kTypes)) {
        aggregate.type = named->type;
    } else {
        std::optional<double> percent =
            call->first.starts_with('p') ? parse_double(call->first.substr(1)) : std::nullopt;
        if (!percent || !(*percent >= 0 && *percent <= 100)) return unknown;
        aggregate.type = Aggregate::Type::kPercentile;
        aggregate.quantile = *percent / 100;
    }
    bool needs_number = aggregate.type != Aggregate::Type::kCountDistinct;
    if (needs_number && (column->is_text() || column->is_word())) {
        return fail(Code::kInvalid, "'{}' needs a number; '{}' is text", truncate_utf8(text, 64),
                    call->second);
    }
    return aggregate;
}

bool is_time(const Column& column) {
    return column.kind == Column::Kind::kNumber &&
           (column.number == Number::kDuration || column.number == Number::kTtft);
}

bool is_summed(const Column& column) {
    if (column.kind == Column::Kind::kTotalTokens || is_time(column)) return true;
    if (column.kind != Column::Kind::kNumber) return false;
    switch (column.number) {
        case Number::kInput:
        case Number::kCacheRead:
        case Number::kCacheWrite:
        case Number::kOutput:
        case Number::kReasoning:
        case Number::kCost:
            return true;
        default:
            return false;
    }
}

bool has_measure(const Aggregate& aggregate) {
    switch (aggregate.type) {
        case Aggregate::Type::kCount:
        case Aggregate::Type::kErrors:
            return true;
        case Aggregate::Type::kSum:
        case Aggregate::Type::kAverage:
            return is_summed(aggregate.column);
        case Aggregate::Type::kCountDistinct:
            return false;
        default:
            return is_time(aggregate.column);
    }
}

// Finds the cube whose keys are all that the filter and the groups look at.
void choose_cube(QueryPlan& plan) {
    if (!plan.filter.text.empty()) return;
    if (!std::all_of(plan.aggregates.begin(), plan.aggregates.end(), has_measure)) return;
    ColumnSet keys = plan.filter.where.columns();
    int64_t step_us = 24 * kHourUs;
    for (const GroupBy& group : plan.groups) {
        if (group.step_us == 0) {
            if (group.column.kind == Column::Kind::kTotalTokens) return;
            group.column.add_to(keys);
        } else {
            // Steps of both sizes must begin together: 1h and 90m do not.
            if (group.step_us % kMinuteUs != 0) return;
            step_us = group.step_us % kHourUs == 0 ? std::min(step_us, kHourUs) : kMinuteUs;
        }
    }
    // That with the fewest rows first.
    for (CubeKind kind : {CubeKind::kModel, CubeKind::kName, CubeKind::kAgent}) {
        const ColumnSet& have = cube_keys(kind);
        bool fits = (keys.numbers & ~have.numbers) == 0 && (keys.texts & ~have.texts) == 0;
        if (fits && !plan.cube) plan.cube = kind;
    }
    plan.needs_status = (keys.numbers >> index_of(Number::kStatus) & 1) != 0;
    plan.can_use_hours = plan.cube && step_us >= kHourUs;
    plan.can_use_minutes = plan.cube.has_value();
}

}  // namespace

ColumnSet QueryPlan::columns() const {
    ColumnSet columns;
    for (const Aggregate& aggregate : aggregates) {
        if (aggregate.has_column()) aggregate.column.add_to(columns);
        if (aggregate.type == Aggregate::Type::kErrors) columns.add(Number::kStatus);
    }
    return columns;
}

Result<QueryPlan> plan_query(const Query& query) {
    QueryPlan plan;
    plan.filter.tenant = query.scope.tenant;
    plan.filter.from_us = query.scope.from_us;
    plan.filter.to_us = query.scope.to_us;
    NS_TRY(plan.filter.where, parse_filter(query.where));
    plan.filter.text = to_lower(query.text);
    plan.limit = std::clamp(query.limit, 1u, kLimitMax);
    if (query.group_by.size() > kGroupsMax) return fail(Code::kInvalid, "at most {} groups", kGroupsMax);
    if (query.aggregates.size() > kAggregatesMax)
        return fail(Code::kInvalid, "at most {} aggregates", kAggregatesMax);
    for (const std::string& text : query.group_by) {
        NS_TRY(GroupBy group, parse_group(trim(text)));
        plan.groups.push_back(std::move(group));
    }
    for (const std::string& text : query.aggregates) {
        NS_TRY(Aggregate aggregate, parse_aggregate(trim(text)));
        plan.aggregates.push_back(std::move(aggregate));
    }
    if (plan.groups.empty() && plan.aggregates.empty()) plan.aggregates.push_back({.name = "count"});
    if (!query.order_by.empty()) {
        std::string_view order = trim(query.order_by);
        plan.is_descending = order.starts_with('-');
        if (plan.is_descending) order.remove_prefix(1);
        std::vector<std::string_view> names;
        for (const GroupBy& group : plan.groups) names.push_back(group.name);
        for (const Aggregate& aggregate : plan.aggregates) names.push_back(aggregate.name);
        auto found = std::find(names.begin(), names.end(), order);
        if (found == names.end())
            return fail(Code::kInvalid, "order_by '{}' is not a column of the result",
                        truncate_utf8(order, 64));
        plan.order_column = static_cast<size_t>(found - names.begin());
    }
    choose_cube(plan);
    return plan;
}

}  // namespace nightshift::recorder
