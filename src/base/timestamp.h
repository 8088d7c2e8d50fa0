#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace nightshift {

// RFC 3339 with a zone ("2026-11-22T03:02:11+01:00", also with a blank for the T), an HTTP date (RFC 9110
// §5.6.7, the preferred form), or Unix time as a number: seconds, or milliseconds or microseconds when it is
// too large for that.
std::optional<Time> parse_timestamp(std::string_view text);
std::optional<Time> timestamp_of_number(double number);

}  // namespace nightshift
