#pragma once

#include <string>

#include "base/clock.h"

namespace nightshift {

// "2026-11-22T07:00:00Z" (RFC 3339), without parts of a second.
std::string time_text(Time time);

}  // namespace nightshift
