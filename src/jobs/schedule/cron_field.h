#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace nightshift::jobs {

// What one field of a cron expression may hold.
struct FieldKind {
    enum class Extra { kNone, kDates, kWeekdays };  // kDates: L L-3 LW 15W ?; kWeekdays: 5L fri#2 ?, 7 is 0
    std::string_view name;
    int min = 0;
    int max = 0;
    std::span<const std::string_view> names;  // the first stands for `min`
    Extra extra = Extra::kNone;
};

// One field, read. Bit n stands for the value n.
struct FieldSet {
    uint64_t values = 0;
    bool has_star = false;  // its text starts with a star (or is a question mark)
    uint32_t from_end = 0;
    uint32_t nearest_weekday = 0;
    bool last_weekday = false;
    std::array<uint8_t, 5> nth{};
    uint8_t last = 0;
};

// kInvalid says what is wrong with which value and what is allowed, without the expression around it.
Result<FieldSet> parse_field(std::string_view text, const FieldKind& kind);

}  // namespace nightshift::jobs
