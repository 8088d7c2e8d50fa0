#include "jobs/schedule/every_plan.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace nightshift::jobs {
namespace {

using std::chrono::days;

constexpr seconds kPeriodMax = days(3660);
constexpr days kSearchMax(50 * 366);
constexpr Time kEnd(seconds{kPlanEnd});

Failure wrong_period(std::string_view text) {
    return fail(Code::kInvalid,
                "every \"{}\" is no period; allowed is such as 90s, 15m, 1h30m or 7d, from 1s to 3660d",
                to_valid_utf8(truncate_utf8(text, 64)));
}

}  // namespace

Result<seconds> parse_period(std::string_view text) {
    struct Unit {
        char name;
        int64_t seconds;
    };
    constexpr std::array<Unit, 4> kUnits = {{{'d', 86'400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
    constexpr size_t kDigitsMax = 9;
    seconds total(0);
    size_t unit = 0;  // units stand in the order of the table, each at most once
    std::string_view rest = text;
    while (!rest.empty()) {
        const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        const std::optional<int64_t> count =
            digits <= kDigitsMax ? parse_int(rest.substr(0, digits)) : std::nullopt;
        if (!count || digits == rest.size()) return wrong_period(text);
        while (unit < kUnits.size() && kUnits[unit].name != rest[digits]) ++unit;
        if (unit == kUnits.size()) return wrong_period(text);
        total += seconds(*count * kUnits[unit++].seconds);
        rest.remove_prefix(digits + 1);
    }
    if (total < seconds(1) || total > kPeriodMax) return wrong_period(text);
    return total;
}

Result<EveryPlan> EveryPlan::make(seconds period, std::optional<Time> anchor,
                                  std::shared_ptr<const Zone> zone, Calendar calendar) {
    if (period < seconds(1) || period > kPeriodMax)
        return fail(Code::kInvalid, "every of {} s is out of range; allowed is 1 s to 3660 days",
                    period.count());
    if (anchor && (*anchor < Time() || *anchor >= kEnd))
        return fail(Code::kInvalid, "anchor is out of range; allowed is 1970 to 2199");
    return EveryPlan(period, anchor.value_or(Time()), std::move(zone), std::move(calendar));
}

Time EveryPlan::first_from(Time from) const {
    if (from <= anchor_) return anchor_;
    const int64_t periods = (from - anchor_ + period_ - microseconds(1)) / period_;
    return anchor_ + periods * period_;
}

std::optional<Time> EveryPlan::next(Time after) const {
    const Time end = std::min(std::max(after, anchor_) + kSearchMax, kEnd);
    Time time = first_from(after + microseconds(1));
    while (time < end) {
        if (calendar_.is_empty()) return time;
        const int64_t utc = std::chrono::floor<seconds>(time.time_since_epoch()).count();
        const auto day = std::chrono::floor<days>(Time(seconds(zone_->wall_of(utc))));
        if (calendar_.allows(day)) return time;
        const int64_t tomorrow = seconds((day + days(1)).time_since_epoch()).count();
        time = std::max(time + period_, first_from(Time(seconds(zone_->when_shown(tomorrow, utc)))));
    }
    return std::nullopt;
}

}  // namespace nightshift::jobs
