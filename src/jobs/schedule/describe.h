#pragma once

#include <string>

#include "jobs/schedule/cron.h"

namespace nightshift::jobs {

// A cron expression in words: "every 15 minutes from 09:00 to 17:59 on Monday to Friday".
std::string describe_cron(const CronExpression& cron);

// The largest units that fit: "90s" is "1 minute 30 seconds", 86,400 s is "day" with "1 " left out when it
// leads alone.
std::string describe_period(int64_t seconds);

}  // namespace nightshift::jobs
