#include "jobs/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace nightshift::jobs {

std::string words(Time time) {
    auto day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day date(day);
    std::chrono::hh_mm_ss<microseconds> clock(time - day);
    std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (clock.subseconds().count() != 0) out += fmt::format(".{:06}", clock.subseconds().count());
    return out + "Z";
}

namespace {

// `width` digits at the start of `text`, which are taken away.
std::optional<int64_t> take_digits(std::string_view& text, size_t width) {
    if (text.size() < width) return std::nullopt;
    auto value = parse_uint(text.substr(0, width));
    text.remove_prefix(width);
    if (!value) return std::nullopt;
    return static_cast<int64_t>(*value);
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
    auto year = take_digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    auto day = take_digits(text, 2);
    if (!day || !take(text, 'T')) return std::nullopt;
    auto hours = take_digits(text, 2);
    if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
    auto minutes = take_digits(text, 2);
    if (!minutes || *minutes > 59 || !take(text, ':')) return std::nullopt;
    auto seconds = take_digits(text, 2);
    if (!seconds || *seconds > 59) return std::nullopt;
    int64_t micros = 0;
    if (take(text, '.')) {
        size_t digits = text.find('Z');
        if (digits == std::string_view::npos || digits == 0 || digits > 6) return std::nullopt;
        auto fraction = take_digits(text, digits);
        if (!fraction) return std::nullopt;
        micros = *fraction;
        for (size_t i = digits; i < 6; ++i) micros *= 10;
    }
    std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || text != "Z") return std::nullopt;
    return Time(std::chrono::sys_days(date)) + std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
           std::chrono::seconds(*seconds) + microseconds(micros);
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    constexpr int64_t kSecondsMax = int64_t{1000} * 366 * 86'400;
    int64_t total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0 || digits > 12 || digits == text.size()) return std::nullopt;
        auto count = take_digits(text, digits);
        int64_t unit = text.front() == 's'   ? 1
                       : text.front() == 'm' ? 60
                       : text.front() == 'h' ? 3'600
                       : text.front() == 'd' ? 86'400
                                             : 0;
        text.remove_prefix(1);
        if (!count || unit == 0 || *count > kSecondsMax / unit) return std::nullopt;
        total += *count * unit;
        if (total > kSecondsMax) return std::nullopt;
    }
    return std::chrono::seconds(total);
}

std::string words(std::chrono::seconds duration) {
    int64_t count = duration.count();
    if (count != 0 && count % 86'400 == 0) return fmt::format("{}d", count / 86'400);
    if (count != 0 && count % 3'600 == 0) return fmt::format("{}h", count / 3'600);
    if (count != 0 && count % 60 == 0) return fmt::format("{}m", count / 60);
    return fmt::format("{}s", count);
}

}  // namespace nightshift::jobs
