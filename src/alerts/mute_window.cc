#include "alerts/mute_window.h"

#include <algorithm>

namespace nightshift::alerts {
namespace {

bool has_day(const WeeklySpan& span, int weekday) {
    return (span.days >> ((weekday + 7) % 7)) & 1;
}

// Over midnight the span belongs to the day it began on.
bool covers(const WeeklySpan& span, WallTime at) {
    if (span.from_minute < span.to_minute)
        return has_day(span, at.weekday) && at.minute >= span.from_minute && at.minute < span.to_minute;
    return (has_day(span, at.weekday) && at.minute >= span.from_minute) ||
           (has_day(span, at.weekday - 1) && at.minute < span.to_minute);
}

}  // namespace

bool covers(const std::vector<WeeklySpan>& spans, WallTime at) {
    return std::any_of(spans.begin(), spans.end(), [&](const WeeklySpan& each) { return covers(each, at); });
}

}  // namespace nightshift::alerts
