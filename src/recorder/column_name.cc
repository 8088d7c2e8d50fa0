#include "recorder/column_name.h"

namespace nightshift::recorder {
namespace {

struct Named {
    std::string_view name;
    Column column;
};

constexpr Column number(Number column) {
    return {.kind = Column::Kind::kNumber, .number = column};
}
constexpr Column text(Text column) {
    return {.kind = Column::Kind::kText, .text = column};
}

constexpr Named kColumns[] = {
    {"agent", text(Text::kAgent)},
    {"session", text(Text::kSession)},
    {"parent_session", text(Text::kParentSession)},
    {"turn", text(Text::kTurn)},
    {"trace", text(Text::kTrace)},
    {"span", text(Text::kSpan)},
    {"parent_span", text(Text::kParentSpan)},
    {"source", text(Text::kSource)},
    {"host", text(Text::kHost)},
    {"name", text(Text::kName)},
    {"kind", number(Number::kKind)},
    {"status", number(Number::kStatus)},
    {"error_type", text(Text::kErrorType)},
    {"provider", text(Text::kProvider)},
    {"model", text(Text::kModel)},
    {"signature", text(Text::kSignature)},
    {"result_signature", text(Text::kResultSignature)},
    {"tenant", {.kind = Column::Kind::kTenant}},
    {"input_tokens", number(Number::kInput)},
    {"cache_read_tokens", number(Number::kCacheRead)},
    {"cache_write_tokens", number(Number::kCacheWrite)},
    {"output_tokens", number(Number::kOutput)},
    {"reasoning_tokens", number(Number::kReasoning)},
    {"total_tokens", {.kind = Column::Kind::kTotalTokens}},
    {"cost", number(Number::kCost)},
    {"cost_source", number(Number::kCostSource)},
    {"duration", number(Number::kDuration)},
    {"ttft", number(Number::kTtft)},
    {"value", number(Number::kValue)},
    {"sequence", number(Number::kSequence)},
    {"simulated", number(Number::kSimulated)},
    {"time", number(Number::kTime)},
};

}  // namespace

void Column::add_to(ColumnSet& columns) const {
    switch (kind) {
        case Kind::kNumber:
            columns.add(number);
            break;
        case Kind::kText:
            columns.add(text);
            break;
        case Kind::kTotalTokens:
            columns.add(Number::kInput);
            columns.add(Number::kOutput);
            break;
        case Kind::kTenant:
            break;
    }
}

std::optional<Column> find_column(std::string_view name) {
    for (const Named& each : kColumns) {
        if (each.name == name) return each.column;
    }
    return std::nullopt;
}

std::vector<std::string_view> column_names() {
    std::vector<std::string_view> names;
    for (const Named& each : kColumns) names.push_back(each.name);
    return names;
}

std::string_view word_of(Number column, int64_t value) {
    switch (column) {
        case Number::kKind:
            return to_string(static_cast<Kind>(value));
        case Number::kStatus:
            return to_string(static_cast<Status>(value));
        default:
            return to_string(static_cast<CostSource>(value));
    }
}

int64_t word_count(Number column) {
    switch (column) {
        case Number::kKind:
            return 12;
        case Number::kStatus:
            return 6;
        default:
            return 3;
    }
}

}  // namespace nightshift::recorder
