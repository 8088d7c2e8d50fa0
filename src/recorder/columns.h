#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "recorder/event.h"

namespace nightshift::recorder {

// The columns a row is kept in. Their order is on disk (docs/formats/segment.md).
enum class Number : uint8_t {
    kTime,
    kRow,
    kDuration,
    kTtft,
    kKind,
    kStatus,
    kCostSource,
    kSimulated,
    kInput,
    kCacheRead,
    kCacheWrite,
    kOutput,
    kReasoning,
    kCost,
    kValue,
    kSequence,
};
inline constexpr size_t kNumberColumns = 16;

enum class Text : uint8_t {
    kAgent,
    kSession,
    kSource,
    kHost,
    kParentSession,
    kTurn,
    kTrace,
    kSpan,
    kParentSpan,
    kName,
    kProvider,
    kModel,
    kErrorType,
    kSignature,
    kResultSignature,
    kId,
};
inline constexpr size_t kTextColumns = 16;

inline constexpr std::array<std::string_view Event::*, kTextColumns> kTextMembers = {
    &Event::agent,    &Event::session, &Event::source,     &Event::host,        &Event::parent_session,
    &Event::turn,     &Event::trace,   &Event::span,       &Event::parent_span, &Event::name,
    &Event::provider, &Event::model,   &Event::error_type, &Event::signature,   &Event::result_signature,
    &Event::id,
};

constexpr size_t index_of(Number column) {
    return static_cast<size_t>(column);
}
constexpr size_t index_of(Text column) {
    return static_cast<size_t>(column);
}

// Columns whose values hardly ever repeat: looking for an earlier equal one would be wasted.
constexpr bool is_unique(Text column) {
    return column == Text::kSpan || column == Text::kId;
}

// Tokens beyond the signed range are a lie of the sender; they are stored as the largest number.
constexpr int64_t saturate(uint64_t value) {
    return value > static_cast<uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<int64_t>(value);
}

constexpr int64_t add_saturated(int64_t a, int64_t b) {
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

// All numbers of an event, in column order; kRow is `row`.
inline std::array<int64_t, kNumberColumns> numbers_of(const Event& event, uint64_t row) {
    return {event.time_us,
            static_cast<int64_t>(row),
            event.duration_us,
            event.ttft_us,
            static_cast<int64_t>(event.kind),
            static_cast<int64_t>(event.status),
            static_cast<int64_t>(event.cost_source),
            event.simulated ? 1 : 0,
            saturate(event.input_tokens),
            saturate(event.cache_read_tokens),
            saturate(event.cache_write_tokens),
            saturate(event.output_tokens),
            saturate(event.reasoning_tokens),
            event.cost_nano_usd,
            std::bit_cast<int64_t>(event.value),
            saturate(event.sequence)};
}

// The reverse: fills the numbers of `event`.
inline void set_numbers(Event& event, const std::array<int64_t, kNumberColumns>& numbers) {
    auto at = [&numbers](Number column) { return numbers[index_of(column)]; };
    event.time_us = at(Number::kTime);
    event.duration_us = at(Number::kDuration);
    event.ttft_us = at(Number::kTtft);
    event.kind = static_cast<Kind>(at(Number::kKind));
    event.status = static_cast<Status>(at(Number::kStatus));
    event.cost_source = static_cast<CostSource>(at(Number::kCostSource));
    event.simulated = at(Number::kSimulated) != 0;
    event.input_tokens = static_cast<uint64_t>(at(Number::kInput));
    event.cache_read_tokens = static_cast<uint64_t>(at(Number::kCacheRead));
    event.cache_write_tokens = static_cast<uint64_t>(at(Number::kCacheWrite));
    event.output_tokens = static_cast<uint64_t>(at(Number::kOutput));
    event.reasoning_tokens = static_cast<uint64_t>(at(Number::kReasoning));
    event.cost_nano_usd = at(Number::kCost);
    event.value = std::bit_cast<double>(at(Number::kValue));
    event.sequence = static_cast<uint64_t>(at(Number::kSequence));
}

}  // namespace nightshift::recorder
