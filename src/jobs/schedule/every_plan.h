#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/schedule/calendar.h"
#include "jobs/schedule/zone.h"

namespace nightshift::jobs {

// "5m", "1h30m", "90s", "1d"; kInvalid names it.
Result<std::chrono::seconds> parse_period(std::string_view text);

// Times a fixed period apart, by elapsed time, on the days that a calendar allows. Immutable.
class EveryPlan {
public:
    // kInvalid: a period below a second or above ten years, an anchor outside 1970 to 2199.
    static Result<EveryPlan> make(std::chrono::seconds period, std::optional<Time> anchor,
                                  std::shared_ptr<const Zone> zone, Calendar calendar);

    // The first strictly after `after`, if it comes within 50 years.
    std::optional<Time> next(Time after) const;

private:
    EveryPlan(microseconds period, Time anchor, std::shared_ptr<const Zone> zone, Calendar calendar)
        : period_(period), anchor_(anchor), zone_(std::move(zone)), calendar_(std::move(calendar)) {}
    // The first at or after `from`.
    Time first_from(Time from) const;

    microseconds period_;
    Time anchor_;
    std::shared_ptr<const Zone> zone_;
    Calendar calendar_;
};

}  // namespace nightshift::jobs
