#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace nightshift::jobs {

// Sets are bits: bit n stands for the value n.
struct TimeOfDay {
    uint64_t seconds = 1;  // 0 to 59
    uint64_t minutes = 0;  // 0 to 59
    uint32_t hours = 0;    // 0 to 23

    // The first second of the day in the set, not before `from` (0 to 86,399).
    std::optional<int32_t> next(int32_t from) const;
    int32_t first() const;
    int32_t last() const;
};

// Which days of a month: by date, by weekday (0 is Sunday), or by both.
struct DayRule {
    uint32_t dates = 0;     // 1 to 31
    uint32_t from_end = 0;  // bit n: n days before the last one (L, L-3)
    uint32_t nearest_weekday =
        0;  // bit n: the weekday from Monday to Friday nearest to date n, in the month (15W)
    bool last_weekday = false;  // the last of Monday to Friday (LW)
    uint8_t weekdays = 0;
    std::array<uint8_t, 5> nth_weekdays{};  // [0]: the first such weekday of the month (fri#1)
    uint8_t last_weekdays = 0;              // the last such weekday of the month (5L)
    // Vixie's rule: a day must fit both fields if either starts with a star, otherwise one of them.
    bool needs_both = true;

    // The days of a month of `length` days whose first day is the weekday `first`.
    uint32_t in_month(unsigned length, unsigned first) const;
};

// A cron expression as sets.
struct CronExpression {
    TimeOfDay time;
    DayRule days;
    uint16_t months = 0;  // 1 to 12
    bool has_seconds = false;
    // A field of its time of day starts with a star: where clocks change it follows elapsed time.
    bool is_interval = false;
};

// Five fields, six with the seconds first, or @hourly and the like (not @every and @reboot). kInvalid names
// the field, its value and what is allowed there.
Result<CronExpression> parse_cron(std::string_view text);

}  // namespace nightshift::jobs
