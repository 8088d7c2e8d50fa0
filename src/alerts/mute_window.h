#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "alerts/matcher.h"
#include "base/clock.h"

namespace nightshift::alerts {

// A stretch of a week, in local minutes of one zone; `to` before `from` runs over midnight.
struct WeeklySpan {
    uint8_t days = 0x7f;  // bit 0 is Monday
    int from_minute = 0;  // of the day
    int to_minute = 24 * 60;
};

// When some alerts are told to nobody: maintenance (once, or each week).
struct MuteWindow {
    std::string name;
    Matchers matchers;  // which alerts; none: those of the routes that name it
    std::vector<WeeklySpan> weekly;
    std::string zone = "UTC";
    Time starts;  // of one that is not weekly
    Time ends;
};

// A moment as the clock on the wall shows it.
struct WallTime {
    int weekday = 0;  // 0 is Monday
    int minute = 0;   // of the day
};

bool covers(const std::vector<WeeklySpan>& spans, WallTime at);

}  // namespace nightshift::alerts
