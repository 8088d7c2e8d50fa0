#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace nightshift::jobs::evidence {

// "2026-11-22 03:02:11Z"
std::string time_text(Time time);
// "2026-11-22T03:02:11.123456Z"
std::string rfc3339_text(Time time);

// RFC 3339 with a zone ("2026-11-22T03:02:11+01:00", also with a blank for the T), an HTTP date (RFC 9110
// §5.6.7, the preferred form), or Unix time as a number: seconds, or milliseconds or microseconds when it is
// too large for that.
std::optional<Time> parse_time(std::string_view text);
std::optional<Time> time_of_number(double number);

}  // namespace nightshift::jobs::evidence
