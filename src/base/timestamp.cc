#include "base/timestamp.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace nightshift {
namespace {

// A number of exactly `digits` digits at the front of `text`, which it takes off.
std::optional<int> take_number(std::string_view& text, size_t digits) {
    if (text.size() < digits || text.substr(0, digits).find_first_not_of("0123456789") != text.npos)
        return std::nullopt;
    std::optional<int64_t> number = parse_int(text.substr(0, digits));
    text.remove_prefix(digits);
    if (!number) return std::nullopt;
    return static_cast<int>(*number);
}

bool take(std::string_view& text, std::string_view chars) {
    if (text.empty() || chars.find(text[0]) == chars.npos) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Time> from_fields(int year, int month, int day, int hour, int minute, int second) {
    std::chrono::year_month_day date{std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           seconds(second);
}

std::optional<microseconds> take_fraction(std::string_view& text) {
    if (!take(text, ".,")) return microseconds(0);
    size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 18) return std::nullopt;
    std::optional<double> fraction = parse_double(fmt::format("0.{}", text.substr(0, digits)));
    text.remove_prefix(digits);
    if (!fraction) return std::nullopt;
    return microseconds(static_cast<int64_t>(*fraction * 1e6));
}

std::optional<seconds> take_zone(std::string_view& text) {
    if (take(text, "Zz")) return seconds(0);
    if (text.empty()) return std::nullopt;
    bool is_behind = text[0] == '-';
    if (!take(text, "+-")) return std::nullopt;
    std::optional<int> hours = take_number(text, 2);
    take(text, ":");
    std::optional<int> minutes = text.empty() ? 0 : take_number(text, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return is_behind ? -offset : offset;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
    std::optional<int> year = take_number(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    std::optional<int> month = take_number(text, 2);
    if (!month || !take(text, "-")) return std::nullopt;
    std::optional<int> day = take_number(text, 2);
    if (!day || !take(text, "Tt ")) return std::nullopt;
    std::optional<int> hour = take_number(text, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    std::optional<int> minute = take_number(text, 2);
    if (!minute || !take(text, ":")) return std::nullopt;
    std::optional<int> second = take_number(text, 2);
    if (!second) return std::nullopt;
    std::optional<microseconds> fraction = take_fraction(text);
    std::optional<seconds> zone = take_zone(text);
    std::optional<Time> time = from_fields(*year, *month, *day, *hour, *minute, *second);
    if (!fraction || !zone || !time || !text.empty()) return std::nullopt;
    return *time + *fraction - *zone;
}

// "Sun, 22 Nov 2026 03:02:11 GMT"
std::optional<Time> parse_http_date(std::string_view text) {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") return std::nullopt;
    size_t month = kMonths.find(text.substr(8, 3));
    if (month == kMonths.npos || month % 3 != 0) return std::nullopt;
    std::string rebuilt = fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month / 3 + 1, text.substr(5, 2),
                                      text.substr(17, 8));
    return parse_rfc3339(rebuilt);
}

}  // namespace

std::optional<Time> timestamp_of_number(double number) {
    if (!std::isfinite(number) || number <= 0 || number > 1e17) return std::nullopt;
    if (number < 1e11) return from_unix_us(static_cast<int64_t>(number * 1e6));
    if (number < 1e14) return from_unix_us(static_cast<int64_t>(number * 1e3));
    return from_unix_us(static_cast<int64_t>(number));
}

std::optional<Time> parse_timestamp(std::string_view text) {
    text = trim(text);
    if (std::optional<double> number = parse_double(text)) return timestamp_of_number(*number);
    if (std::optional<Time> time = parse_rfc3339(text)) return time;
    return parse_http_date(text);
}

}  // namespace nightshift
