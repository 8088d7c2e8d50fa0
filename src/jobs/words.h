#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace nightshift::jobs {

// "2026-11-22T07:00:00Z", with microseconds when there are some: RFC 3339.
std::string words(Time time);
// The same back; nothing when it is none.
std::optional<Time> parse_time(std::string_view text);
// "90s", "15m", "36h", "12d": the largest unit that divides it.
std::string words(std::chrono::seconds duration);
// "90s", "15m", "12h", "30d", "1h30m"; nothing when it is none, or longer than a thousand years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace nightshift::jobs
