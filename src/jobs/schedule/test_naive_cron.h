#pragma once

#include <date/tz.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"

namespace nightshift::jobs {

// A random cron expression that carries its own meaning, written down while the text is made, so that nothing
// of the real parser or search is needed to tell what it plans.
struct NaiveCron {
    using Date = date::year_month_day;

    std::string text;
    bool has_seconds = false;
    bool is_interval = false;
    bool needs_both = false;
    std::vector<bool> seconds, minutes, hours, months;
    std::vector<std::function<bool(Date)>> dates, weekdays;

    static NaiveCron random(Random& random);
    // Days are as random, times are few: for walks over years.
    static NaiveCron random_days(Random& random);

    bool has_day(date::local_days day) const;
    bool has(date::local_seconds wall) const;
};

// What the expression plans in (after, until], found by looking at every minute (or second) of real time and
// at what the clocks of the zone show then.
std::vector<int64_t> walk(const NaiveCron& cron, const date::time_zone& zone, int64_t after, int64_t until,
                          size_t count_max);

}  // namespace nightshift::jobs
