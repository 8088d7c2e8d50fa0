#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace nightshift::jobs {

// One of the two days a year on which clocks change.
struct ChangeDay {
    enum class Kind { kMonthWeekday, kJulian, kDayOfYear };
    Kind kind = Kind::kMonthWeekday;
    int month = 1;  // kMonthWeekday: 1 to 12,
    int week = 1;   // 1 to 5, where 5 is the last,
    int day = 0;    // and 0 (Sunday) to 6; kJulian: 1 to 365, never February 29; kDayOfYear: 0 to 365
    int64_t time =
        0;  // seconds after that day's midnight on the clock that holds until then; may be negative
};

// A zone's rule for the years after its last recorded change: POSIX TZ with the extension of RFC 8536,
// section 3.3.1.
struct PosixRule {
    int64_t standard = 0;  // offsets in seconds, east positive
    int64_t daylight = 0;
    bool has_daylight = false;
    ChangeDay to_daylight;
    ChangeDay to_standard;
};

// Such as "CET-1CEST,M3.5.0,M10.5.0/3"; nothing when it is malformed.
std::optional<PosixRule> parse_posix_rule(std::string_view text);

// When the day's change happens in `year`, in seconds since the epoch; `offset` is the one that holds until
// then.
int64_t change_time(const ChangeDay& change, int year, int64_t offset);

}  // namespace nightshift::jobs
