#include "jobs/schedule/describe.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <functional>
#include <string_view>
#include <vector>

namespace nightshift::jobs {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 13> kMonths = {
    "",     "January", "February",  "March",   "April",    "May",     "June",
    "July", "August",  "September", "October", "November", "December"};
constexpr std::array<std::string_view, 5> kNth = {"first", "second", "third", "fourth", "fifth"};
constexpr uint64_t kSixty = (uint64_t{1} << 60) - 1;
constexpr uint32_t kAllHours = (1u << 24) - 1;
constexpr uint32_t kAllDates = 0xffff'fffe;
constexpr uint16_t kAllMonths = 0x1ffe;
constexpr uint8_t kAllWeekdays = 0x7f;
constexpr int kTimesMax = 6;  // more are given as minutes and hours

using Namer = std::function<std::string(int)>;

std::string number(int value) {
    return std::to_string(value);
}

std::string join(const std::vector<std::string>& parts, std::string_view last = " and ") {
    std::string text;
    for (size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) text += i + 1 == parts.size() ? last : ", ";
        text += parts[i];
    }
    return text;
}

// {1, 2, 3, 5} is "1 to 3 and 5".
std::vector<std::string> runs(uint64_t set, const Namer& name) {
    std::vector<std::string> parts;
    for (int value = 0; value < 64; ++value) {
        if ((set >> value & 1) == 0) continue;
        int end = value;
        while (end + 1 < 64 && (set >> (end + 1) & 1) != 0) ++end;
        if (end > value + 1) {
            parts.push_back(name(value) + " to " + name(end));
            value = end;
        } else {
            parts.push_back(name(value));
        }
    }
    return parts;
}

std::string list(uint64_t set, const Namer& name) {
    return join(runs(set, name));
}

// The step of a set that starts at 0 and divides sixty evenly; 0 for other sets.
int even_step(uint64_t set) {
    for (int step = 1; step <= 30; ++step) {
        if (60 % step != 0) continue;
        uint64_t steps = 0;
        for (int value = 0; value < 60; value += step) steps |= uint64_t{1} << value;
        if (set == steps) return step;
    }
    return 0;
}

std::string every(int step, std::string_view unit) {
    return step == 1 ? fmt::format("every {}", unit) : fmt::format("every {} {}s", step, unit);
}

std::string hours_of_day(uint32_t hours) {
    return list(hours, [](int hour) { return fmt::format("{:02}h", hour); });
}

// The hours in which something repeats: "", "from 09:00 to 17:59" or "in the hours ...".
std::string during(uint32_t hours) {
    if (hours == kAllHours) return "";
    const int first = std::countr_zero(hours);
    const int last = 31 - std::countl_zero(hours);
    if (std::popcount(hours) == last - first + 1)
        return fmt::format(" from {:02}:00 to {:02}:59", first, last);
    return " in the hours " + hours_of_day(hours);
}

std::string at_minutes(const TimeOfDay& time) {
    const std::string minutes = list(time.minutes, number);
    const std::string_view noun = std::popcount(time.minutes) == 1 ? "minute" : "minutes";
    if (time.hours == kAllHours) return fmt::format("at {} {} of every hour", noun, minutes);
    return fmt::format("at {} {}{}", noun, minutes, during(time.hours));
}

std::string describe_minutes(const TimeOfDay& time) {
    if (std::popcount(time.minutes) * std::popcount(time.hours) <= kTimesMax) {
        std::vector<std::string> times;
        for (int hour = 0; hour < 24; ++hour) {
            for (int minute = 0; minute < 60; ++minute) {
                if ((time.hours >> hour & 1) != 0 && (time.minutes >> minute & 1) != 0)
                    times.push_back(fmt::format("{:02}:{:02}", hour, minute));
            }
        }
        return "at " + join(times);
    }
    if (time.minutes == 1 && time.hours == kAllHours) return "every hour";
    if (const int step = even_step(time.minutes); step != 0)
        return every(step, "minute") + during(time.hours);
    return at_minutes(time);
}

std::string describe_time(const TimeOfDay& time) {
    if (time.seconds == 1) return describe_minutes(time);
    const bool is_always = time.minutes == kSixty && time.hours == kAllHours;
    const int step = even_step(time.seconds);
    const std::string seconds = step != 0 ? every(step, "second")
                                          : fmt::format("at second {}", list(time.seconds, number)) +
                                                (is_always ? " of every minute" : "");
    return is_always ? seconds : seconds + ", " + describe_minutes(time);
}

std::vector<std::string> dates(const DayRule& days) {
    std::vector<std::string> parts;
    if (days.dates != 0) parts.push_back(fmt::format("day {} of the month", list(days.dates, number)));
    for (int back = 0; back < 32; ++back) {
        if ((days.from_end >> back & 1) == 0) continue;
        parts.push_back(back == 0   ? "the last day of the month"
                        : back == 1 ? "the day before the last of the month"
                                    : fmt::format("the day {} days before the last of the month", back));
    }
    for (int date = 1; date <= 31; ++date) {
        if ((days.nearest_weekday >> date & 1) != 0)
            parts.push_back(fmt::format("the working day nearest to day {} of the month", date));
    }
    if (days.last_weekday) parts.emplace_back("the last working day of the month");
    return parts;
}

std::vector<std::string> weekdays(const DayRule& days) {
    const Namer name = [](int weekday) { return std::string(kWeekdays[static_cast<size_t>(weekday % 7)]); };
    // Monday first, so that Sunday ends a range.
    const uint64_t monday_first = (days.weekdays & 0x7eu) | (days.weekdays & 1u) << 7;
    std::vector<std::string> parts = runs(monday_first, name);
    for (size_t nth = 0; nth < days.nth_weekdays.size(); ++nth) {
        for (const std::string& weekday : runs(days.nth_weekdays[nth], name))
            parts.push_back(fmt::format("the {} {} of the month", kNth[nth], weekday));
    }
    for (const std::string& weekday : runs(days.last_weekdays, name))
        parts.push_back(fmt::format("the last {} of the month", weekday));
    return parts;
}

std::string describe_days(const DayRule& days) {
    const bool has_all_dates = days.dates == kAllDates;
    const bool has_all_weekdays = days.weekdays == kAllWeekdays;
    if (has_all_dates && has_all_weekdays) return "";
    if (!days.needs_both)
        return fmt::format(" on {} and also on {}", join(dates(days)), join(weekdays(days)));
    if (has_all_weekdays) return " on " + join(dates(days));
    if (has_all_dates) return " on " + join(weekdays(days));
    return fmt::format(" on {} if it is {}", join(dates(days)), join(weekdays(days), " or "));
}

}  // namespace

std::string describe_cron(const CronExpression& cron) {
    std::string text = describe_time(cron.time) + describe_days(cron.days);
    if (cron.months != kAllMonths)
        text += " in " +
                list(cron.months, [](int month) { return std::string(kMonths[static_cast<size_t>(month)]); });
    return text;
}

std::string describe_period(int64_t seconds) {
    struct Unit {
        int64_t seconds;
        std::string_view name;
    };
    constexpr std::array<Unit, 4> kUnits = {{{86'400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
    std::vector<std::string> parts;
    for (const Unit& unit : kUnits) {
        const int64_t count = seconds / unit.seconds;
        seconds %= unit.seconds;
        if (count > 0) parts.push_back(fmt::format("{} {}{}", count, unit.name, count == 1 ? "" : "s"));
    }
    if (parts.size() == 1 && parts[0].starts_with("1 ")) return parts[0].substr(2);
    return join(parts);
}

}  // namespace nightshift::jobs
