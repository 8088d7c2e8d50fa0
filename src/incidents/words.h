#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace nightshift::incidents {

// "2026-11-22T07:00:00Z": RFC 3339, without parts of a second.
std::string words(Time time);
// "45 s", "8 min", "3 h 12 min", "2 d 4 h": the two largest units. What is negative is "0 s".
std::string span(microseconds duration);
// "8 min ago"; for less than a second, or the future, "just now".
std::string ago(Time then, Time now);
// "1 run", "12 runs".
std::string count(uint64_t number, std::string_view noun);
// At most `bytes_max` bytes, with an ellipsis where it was cut.
std::string cut(std::string_view text, size_t bytes_max);
// The first `names_max` with commas, "and 45 others" for the rest; `total` counts those not in `names` too.
std::string list(const std::vector<std::string>& names, size_t names_max, uint64_t total);

}  // namespace nightshift::incidents
