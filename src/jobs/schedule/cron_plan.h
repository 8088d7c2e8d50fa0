#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "jobs/schedule/calendar.h"
#include "jobs/schedule/cron.h"
#include "jobs/schedule/zone.h"

namespace nightshift::jobs {

// What a change of clocks did to a planned time.
enum class Shift {
    kNone,
    kMissing,  // the wall time it stands for is missing: it runs when the clocks have gone forward
    kFirst,    // the wall time comes twice: this is the first, and the only one planned
    kRepeat,   // the wall time comes twice: this is the second, planned because the expression is an interval
};

// A time at which a cron expression is due. Seconds since the epoch; `wall` is what the clocks show, or would
// have shown.
struct Due {
    int64_t utc = 0;
    int64_t wall = 0;
    Shift shift = Shift::kNone;
};

// A cron expression in a zone under a calendar. Immutable; a search costs nanoseconds because months, days
// and times are sets of bits and the zone's changes a sorted table.
class CronPlan {
public:
    CronPlan(const CronExpression& cron, std::shared_ptr<const Zone> zone, Calendar calendar);

    // The first at or after `from`, if it comes within 50 years.
    std::optional<Due> next(int64_t from) const;
    // False: the calendar's yearly rules forbid every day of the expression.
    bool can_happen() const;

private:
    struct Search;

    bool has_day(int64_t day) const;
    std::optional<int64_t> next_day(int64_t day, int64_t last_day) const;
    std::optional<int64_t> next_wall(int64_t from, int64_t until) const;
    std::optional<int64_t> missing_in(const ZoneSpan& span, Search& search) const;

    CronExpression cron_;
    std::shared_ptr<const Zone> zone_;
    Calendar calendar_;
    std::array<std::array<uint32_t, 7>, 4>
        month_days_{};          // [length - 28][weekday of the first], bit n is date n
    int64_t first_of_day_ = 0;  // seconds
    int64_t last_of_day_ = 0;
};

}  // namespace nightshift::jobs
