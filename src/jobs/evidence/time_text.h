#pragma once

#include <string>

#include "base/clock.h"

namespace nightshift::jobs::evidence {

// "2026-11-22 03:02:11Z"
std::string time_text(Time time);
// "2026-11-22T03:02:11.123456Z"
std::string rfc3339_text(Time time);

}  // namespace nightshift::jobs::evidence
