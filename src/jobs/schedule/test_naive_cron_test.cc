#include "jobs/schedule/test_naive_cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace nightshift::jobs {
namespace {

constexpr const char* kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr const char* kWeekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

int pick(Random& random, int low, int high) {
    return low + static_cast<int>(random.below(static_cast<uint64_t>(high - low + 1)));
}
bool one_in(Random& random, uint64_t n) {
    return random.below(n) == 0;
}

// A list of values, ranges and steps over low to high; its values go to `set`.
std::string plain_field(Random& random, int low, int high, std::vector<bool>& set, const char* const* names) {
    set.assign(64, false);
    const auto name = [&](int value) {
        std::string text = std::to_string(value);
        if (names != nullptr && one_in(random, 3)) text = names[value - low];
        for (char& c : text) {
            if (one_in(random, 2)) c = static_cast<char>(std::toupper(c));
        }
        return text;
    };
    std::string text;
    const int items = one_in(random, 3) ? pick(random, 2, 4) : 1;
    for (int i = 0; i < items; ++i) {
        if (i > 0) text += ',';
        int from = low;
        int to = high;
        int step = 1;
        switch (random.below(5)) {
            case 0:
                text += '*';
                break;
            case 1:
                step = pick(random, 1, high - low + 1);
                text += fmt::format("*/{}", step);
                break;
            case 2:
                from = pick(random, low, high);
                to = pick(random, from, high);
                text += name(from) + "-" + name(to);
                if (one_in(random, 2)) {
                    step = pick(random, 1, high - low + 1);
                    text += fmt::format("/{}", step);
                }
                break;
            default:
                from = to = pick(random, low, high);
                text += name(from);
        }
        for (int value = from; value <= to; value += step) set[static_cast<size_t>(value)] = true;
    }
    return text;
}

unsigned weekday_of(date::year_month_day day) {
    return date::weekday(date::sys_days(day)).c_encoding();
}
unsigned length_of(date::year_month_day day) {
    return static_cast<unsigned>((day.year() / day.month() / date::last).day());
}

// The working day nearest to `number` in the month of `day`, found by trying the days around it in turn.
bool is_nearest_workday(date::year_month_day day, unsigned number) {
    const int length = static_cast<int>(length_of(day));
    if (static_cast<int>(number) > length) return false;
    for (const int offset : {0, -1, 1, -2, 2}) {
        const int candidate = static_cast<int>(number) + offset;
        if (candidate < 1 || candidate > length) continue;
        const auto date = day.year() / day.month() / date::day(static_cast<unsigned>(candidate));
        const unsigned weekday = weekday_of(date);
        if (weekday == 0 || weekday == 6) continue;
        return day == date;
    }
    return false;
}

std::string date_field(Random& random, std::vector<std::function<bool(NaiveCron::Date)>>& rules) {
    const auto number = static_cast<unsigned>(pick(random, 1, 31));
    switch (random.below(12)) {
        case 0:
            rules.emplace_back(
                [](NaiveCron::Date day) { return static_cast<unsigned>(day.day()) == length_of(day); });
            return "L";
        case 1: {
            const auto back = number % 30;
            rules.emplace_back([back](NaiveCron::Date day) {
                return static_cast<unsigned>(day.day()) + back == length_of(day);
            });
            return fmt::format("L-{}", back);
        }
        case 2:
            rules.emplace_back([](NaiveCron::Date day) { return is_nearest_workday(day, length_of(day)); });
            return "LW";
        case 3:
            rules.emplace_back([number](NaiveCron::Date day) { return is_nearest_workday(day, number); });
            return fmt::format("{}W", number);
        case 4:
            rules.emplace_back([](NaiveCron::Date) { return true; });
            return "?";
        case 5:
        case 6:
        case 7: {
            std::vector<bool> set;
            const std::string text = plain_field(random, 1, 31, set, nullptr);
            rules.emplace_back([set](NaiveCron::Date day) { return set[static_cast<unsigned>(day.day())]; });
            return text;
        }
        default:
            rules.emplace_back([](NaiveCron::Date) { return true; });
            return "*";
    }
}

std::string weekday_field(Random& random, std::vector<std::function<bool(NaiveCron::Date)>>& rules) {
    const auto number = static_cast<unsigned>(random.below(7));
    switch (random.below(10)) {
        case 0: {
            const auto nth = static_cast<unsigned>(pick(random, 1, 5));
            rules.emplace_back([=](NaiveCron::Date day) {
                return weekday_of(day) == number && (static_cast<unsigned>(day.day()) + 6) / 7 == nth;
            });
            return fmt::format("{}#{}", kWeekdays[number], nth);
        }
        case 1:
            rules.emplace_back([=](NaiveCron::Date day) {
                return weekday_of(day) == number && static_cast<unsigned>(day.day()) + 7 > length_of(day);
            });
            return fmt::format("{}L", number);
        case 2:
            rules.emplace_back(
                [](NaiveCron::Date day) { return weekday_of(day) == 0 || weekday_of(day) >= 5; });
            return "fri-7";
        case 3:
        case 4:
        case 5: {
            std::vector<bool> set;
            const std::string text = plain_field(random, 0, 6, set, kWeekdays);
            rules.emplace_back([set](NaiveCron::Date day) { return set[weekday_of(day)]; });
            return text;
        }
        default:
            rules.emplace_back([](NaiveCron::Date) { return true; });
            return "*";
    }
}

bool any(const std::vector<std::function<bool(NaiveCron::Date)>>& rules, NaiveCron::Date day) {
    return std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule(day); });
}

// Whether a change of clocks that skipped [begin, end) of wall time has to be made up for.
bool misses(const NaiveCron& cron, date::local_seconds begin, date::local_seconds end) {
    const std::chrono::seconds step(cron.has_seconds ? 1 : 60);
    if (!cron.is_interval) {
        for (date::local_seconds wall = begin; wall < end; wall += step) {
            if (cron.has(wall)) return true;
        }
        return false;
    }
    for (date::local_days day = date::floor<date::days>(begin); day < end; day += date::days(1)) {
        bool has_some = false;
        bool has_left = false;
        for (date::local_seconds wall = day; wall < day + date::days(1); wall += step) {
            if (!cron.has(wall)) continue;
            (wall >= begin && wall < end ? has_some : has_left) = true;
        }
        if (has_some && !has_left) return true;
    }
    return false;
}

}  // namespace

NaiveCron NaiveCron::random(Random& random) {
    NaiveCron cron;
    cron.has_seconds = one_in(random, 3);
    std::string second = "0";
    cron.seconds.assign(64, false);
    cron.seconds[0] = true;
    if (cron.has_seconds) second = plain_field(random, 0, 59, cron.seconds, nullptr);
    const std::string minute = plain_field(random, 0, 59, cron.minutes, nullptr);
    std::string hour = plain_field(random, 0, 23, cron.hours, nullptr);
    if (one_in(random, 3)) {  // where clocks change
        const int early = pick(random, 0, 3);
        hour = std::to_string(early);
        cron.hours.assign(64, false);
        cron.hours[static_cast<size_t>(early)] = true;
    }
    const std::string date = date_field(random, cron.dates);
    const std::string weekday = weekday_field(random, cron.weekdays);
    std::string month = "*";
    cron.months.assign(64, true);
    if (one_in(random, 4)) month = plain_field(random, 1, 12, cron.months, kMonths);
    const auto is_star = [](const std::string& text) { return text[0] == '*' || text[0] == '?'; };
    cron.needs_both = is_star(date) || is_star(weekday);
    cron.is_interval = is_star(minute) || is_star(hour) || is_star(second);
    if (cron.has_seconds) cron.text = second + " ";
    cron.text += fmt::format("{} {} {} {} {}", minute, hour, date, month, weekday);
    return cron;
}

NaiveCron NaiveCron::random_days(Random& random) {
    NaiveCron cron = NaiveCron::random(random);
    const std::string& text = cron.text;
    size_t at = 0;
    for (int field = cron.has_seconds ? 3 : 2; field > 0; --field) at = text.find(' ', at) + 1;
    cron.text = "0 0 " + text.substr(at);
    return cron;
}

bool NaiveCron::has_day(date::local_days day) const {
    const date::year_month_day date(day);
    if (!months[static_cast<unsigned>(date.month())]) return false;
    const bool by_date = any(dates, date);
    const bool by_weekday = any(weekdays, date);
    return needs_both ? by_date && by_weekday : by_date || by_weekday;
}

bool NaiveCron::has(date::local_seconds wall) const {
    const date::local_days day = date::floor<date::days>(wall);
    const auto time = static_cast<size_t>((wall - day).count());
    return minutes[time / 60 % 60] && hours[time / 3600] && seconds[time % 60] && has_day(day);
}

std::vector<int64_t> walk(const NaiveCron& cron, const date::time_zone& zone, int64_t after, int64_t until,
                          size_t count_max) {
    std::vector<int64_t> found;
    const int64_t step = cron.has_seconds ? 1 : 60;
    date::sys_info info = zone.get_info(date::sys_seconds(std::chrono::seconds(after)));
    for (int64_t time = (after / step + 1) * step; time <= until && found.size() < count_max; time += step) {
        const date::sys_seconds utc{std::chrono::seconds(time)};
        if (utc >= info.end) {
            const std::chrono::seconds before = info.offset;
            info = zone.get_info(utc);
            const date::local_seconds gap(info.begin.time_since_epoch() + before);
            const date::local_seconds end(info.begin.time_since_epoch() + info.offset);
            if (info.begin == utc && end > gap && misses(cron, gap, end)) {
                found.push_back(time);
                continue;
            }
        }
        const date::local_seconds wall(utc.time_since_epoch() + info.offset);
        if (!cron.has(wall)) continue;
        if (!cron.is_interval) {
            const date::local_info local = zone.get_info(wall);
            const bool is_second =
                local.result == date::local_info::ambiguous && info.offset != local.first.offset;
            if (is_second) continue;
        }
        found.push_back(time);
    }
    return found;
}

}  // namespace nightshift::jobs
