#include "jobs/schedule/cron_plan.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace nightshift::jobs {
namespace {

namespace chrono = std::chrono;

constexpr int64_t kDay = 86'400;
// Every day of the calendar comes again within 40 years, also a February 29 on one weekday across the year
// 2100.
constexpr int64_t kSearchMax = 50 * 366 * kDay;

int64_t day_of(int64_t seconds) {
    return (seconds >= 0 ? seconds : seconds - (kDay - 1)) / kDay;
}

chrono::sys_days to_days(int64_t day) {
    return chrono::sys_days(chrono::days(day));
}

// One month: what the table of days is asked for.
struct Month {
    chrono::year_month month;
    unsigned length = 0;
    unsigned first_weekday = 0;

    explicit Month(chrono::year_month of) : month(of) {
        const chrono::year_month_day_last last = of / chrono::last;
        length = static_cast<unsigned>(last.day());
        first_weekday = chrono::weekday(chrono::sys_days(of / 1)).c_encoding();
    }
};

}  // namespace

// Keeps the last answer, which mostly answers the next question too: the first wall time at or after one
// point is also the first after any point between the two.
struct CronPlan::Search {
    const CronPlan& plan;
    int64_t until;
    int64_t asked = 0;
    std::optional<int64_t> found = std::nullopt;
    bool is_empty = true;

    std::optional<int64_t> next_wall(int64_t from) {
        const bool is_known = !is_empty && asked <= from && (!found || from <= *found);
        if (!is_known) {
            asked = from;
            found = plan.next_wall(from, until);
            is_empty = false;
        }
        return found;
    }
};

CronPlan::CronPlan(const CronExpression& cron, std::shared_ptr<const Zone> zone, Calendar calendar)
    : cron_(cron),
      zone_(std::move(zone)),
      calendar_(std::move(calendar)),
      first_of_day_(cron.time.first()),
      last_of_day_(cron.time.last()) {
    for (unsigned length = 28; length <= 31; ++length) {
        for (unsigned first = 0; first < 7; ++first) {
            month_days_[length - 28][first] = cron.days.in_month(length, first);
        }
    }
}

bool CronPlan::has_day(int64_t day) const {
    return next_day(day, day).has_value();
}

std::optional<int64_t> CronPlan::next_day(int64_t day, int64_t last_day) const {
    while (day <= last_day) {
        const chrono::year_month_day date(to_days(day));
        const auto number = static_cast<unsigned>(date.day());
        const auto months_left = static_cast<unsigned>(cron_.months) >> static_cast<unsigned>(date.month());
        if ((months_left & 1) != 0) {
            const Month month(date.year() / date.month());
            const uint32_t left = month_days_[month.length - 28][month.first_weekday] >> number << number;
            if (left != 0) {
                day += std::countr_zero(left) - static_cast<int64_t>(number);
                if (day > last_day) return std::nullopt;
                if (calendar_.is_empty() || calendar_.allows(to_days(day))) return day;
                ++day;
                continue;
            }
        }
        // To the first day of the next month that is planned in.
        const unsigned later = months_left >> 1;
        const int months = later != 0 ? std::countr_zero(later) + 1
                                      : 12 - static_cast<int>(static_cast<unsigned>(date.month())) +
                                            std::countr_zero(static_cast<unsigned>(cron_.months));
        const chrono::year_month next = date.year() / date.month() + chrono::months(months);
        day = chrono::sys_days(next / 1).time_since_epoch().count();
    }
    return std::nullopt;
}

std::optional<int64_t> CronPlan::next_wall(int64_t from, int64_t until) const {
    const int64_t day = day_of(from);
    if (has_day(day)) {
        const std::optional<int32_t> time = cron_.time.next(static_cast<int32_t>(from - day * kDay));
        if (time) return day * kDay + *time;
    }
    const std::optional<int64_t> found = next_day(day + 1, day_of(until));
    if (!found) return std::nullopt;
    return *found * kDay + first_of_day_;
}

// The wall time that is missing before `span` and has to be made up for at its begin. Expressions with fixed
// times make up for any; intervals go on by elapsed time, but a day that would lose all its times keeps one.
std::optional<int64_t> CronPlan::missing_in(const ZoneSpan& span, Search& search) const {
    const int64_t begin = span.begin + span.before;
    const int64_t end = span.begin + span.offset;
    if (!cron_.is_interval) {
        const std::optional<int64_t> wall = search.next_wall(begin);
        return wall && *wall < end ? wall : std::nullopt;
    }
    for (int64_t day = day_of(begin); day <= day_of(end - 1); ++day) {
        const bool is_lost = day * kDay + first_of_day_ >= begin && day * kDay + last_of_day_ < end;
        if (is_lost && has_day(day)) return day * kDay + first_of_day_;
    }
    return std::nullopt;
}

std::optional<Due> CronPlan::next(int64_t from) const {
    if (from >= kPlanEnd) return std::nullopt;
    from = std::max<int64_t>(from, 0);
    const int64_t until = std::min(from + kSearchMax, kPlanEnd - 1);
    const std::vector<ZoneSpan>& spans = zone_->spans();
    Search search{*this, until + kDay};
    for (size_t i = zone_->span_at(from); i < spans.size() && spans[i].begin <= until; ++i) {
        const ZoneSpan& span = spans[i];
        if (span.begin >= from && span.skips()) {
            const std::optional<int64_t> missing = missing_in(span, search);
            if (missing) return Due{span.begin, *missing, Shift::kMissing};
        }
        int64_t wall_from = std::max(from, span.begin) + span.offset;
        // What came before the clocks went back does not come again.
        if (!cron_.is_interval && span.repeats()) wall_from = std::max(wall_from, span.begin + span.before);
        const std::optional<int64_t> wall = search.next_wall(wall_from);
        if (!wall) return std::nullopt;
        if (*wall >= span.end + span.offset) continue;
        Due due{*wall - span.offset, *wall, Shift::kNone};
        if (due.utc > until) return std::nullopt;
        if (span.repeats() && *wall < span.begin + span.before) due.shift = Shift::kRepeat;
        const bool comes_again = i + 1 < spans.size() && spans[i + 1].repeats() &&
                                 *wall >= spans[i + 1].begin + spans[i + 1].offset;
        if (comes_again && !cron_.is_interval) due.shift = Shift::kFirst;
        return due;
    }
    return std::nullopt;
}

bool CronPlan::can_happen() const {
    // Twenty-eight years hold each kind of year.
    const int64_t first = chrono::sys_days(chrono::year(2000) / 1 / 1).time_since_epoch().count();
    const int64_t last = chrono::sys_days(chrono::year(2027) / 12 / 31).time_since_epoch().count();
    for (int64_t day = first; day <= last; ++day) {
        const chrono::year_month_day date(to_days(day));
        if ((cron_.months >> static_cast<unsigned>(date.month()) & 1) == 0) continue;
        const Month month(date.year() / date.month());
        const uint32_t days = month_days_[month.length - 28][month.first_weekday];
        if ((days >> static_cast<unsigned>(date.day()) & 1) != 0 && calendar_.can_allow(to_days(day)))
            return true;
    }
    return false;
}

}  // namespace nightshift::jobs
