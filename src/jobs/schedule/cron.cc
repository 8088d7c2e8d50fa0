#include "jobs/schedule/cron.h"

#include <bit>
#include <span>
#include <string>
#include <vector>

#include "base/text.h"
#include "jobs/schedule/cron_field.h"

namespace nightshift::jobs {
namespace {

constexpr size_t kBytesMax = 256;
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<FieldKind, 6> kFields = {{
    {"second", 0, 59, {}, FieldKind::Extra::kNone},
    {"minute", 0, 59, {}, FieldKind::Extra::kNone},
    {"hour", 0, 23, {}, FieldKind::Extra::kNone},
    {"day of month", 1, 31, {}, FieldKind::Extra::kDates},
    {"month", 1, 12, kMonths, FieldKind::Extra::kNone},
    {"day of week", 0, 7, kWeekdays, FieldKind::Extra::kWeekdays},
}};

struct Macro {
    std::string_view name;
    std::string_view meaning;
};
constexpr std::array<Macro, 7> kMacros = {{
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
}};

// The lowest member of `set` from `from` on, or -1.
int next_member(uint64_t set, int from) {
    if (from > 63) return -1;
    const uint64_t rest = set >> from << from;
    return rest == 0 ? -1 : std::countr_zero(rest);
}
int last_member(uint64_t set) {
    return 63 - std::countl_zero(set);
}

int32_t second_of_day(int hour, int minute, int second) {
    return hour * 3600 + minute * 60 + second;
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    for (size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string_view::npos;) {
        const size_t end = std::min(text.find_first_of(" \t", at), text.size());
        found.push_back(text.substr(at, end - at));
        at = end;
    }
    return found;
}

Result<std::string_view> expand_macro(std::string_view text) {
    for (const Macro& macro : kMacros) {
        if (equals_ignore_case(text, macro.name)) return macro.meaning;
    }
    if (equals_ignore_case(text, "@reboot"))
        return fail(Code::kInvalid, "@reboot is no time; let the job start on an event instead");
    return fail(
        Code::kInvalid,
        "\"{}\" is unknown; allowed is @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly and "
        "@every 5m",
        text);
}

// Whether a month that is planned in has such a day in any year.
bool can_happen(const CronExpression& cron) {
    for (unsigned month = 1; month <= 12; ++month) {
        if ((cron.months >> month & 1) == 0) continue;
        const unsigned longest = month == 2                                              ? 29
                                 : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                                         : 31;
        for (unsigned length = month == 2 ? 28 : longest; length <= longest; ++length) {
            for (unsigned first = 0; first < 7; ++first) {
                if (cron.days.in_month(length, first) != 0) return true;
            }
        }
    }
    return false;
}

void set_days(DayRule& days, const FieldSet& dates, const FieldSet& weekdays) {
    days.dates = static_cast<uint32_t>(dates.values);
    days.from_end = dates.from_end;
    days.nearest_weekday = dates.nearest_weekday;
    days.last_weekday = dates.last_weekday;
    days.weekdays = static_cast<uint8_t>(weekdays.values);
    days.nth_weekdays = weekdays.nth;
    days.last_weekdays = weekdays.last;
    days.needs_both = dates.has_star || weekdays.has_star;
}

}  // namespace

std::optional<int32_t> TimeOfDay::next(int32_t from) const {
    const int hour = from / 3600;
    if ((hours >> hour & 1) != 0) {
        const int minute = from / 60 % 60;
        if ((minutes >> minute & 1) != 0) {
            const int second = next_member(seconds, from % 60);
            if (second >= 0) return second_of_day(hour, minute, second);
        }
        const int later = next_member(minutes, minute + 1);
        if (later >= 0) return second_of_day(hour, later, std::countr_zero(seconds));
    }
    const int later = next_member(hours, hour + 1);
    if (later < 0) return std::nullopt;
    return second_of_day(later, std::countr_zero(minutes), std::countr_zero(seconds));
}

int32_t TimeOfDay::first() const {
    return second_of_day(std::countr_zero(hours), std::countr_zero(minutes), std::countr_zero(seconds));
}

int32_t TimeOfDay::last() const {
    return second_of_day(last_member(hours), last_member(minutes), last_member(seconds));
}

uint32_t DayRule::in_month(unsigned length, unsigned first) const {
    const auto weekday_of = [&](unsigned date) { return (first + date - 1) % 7; };
    const auto is_workday = [&](unsigned date) { return weekday_of(date) % 6 != 0; };
    uint32_t by_date = 0;
    uint32_t by_weekday = 0;
    unsigned last_workday = length;
    while (!is_workday(last_workday)) --last_workday;
    if (last_weekday) by_date |= uint32_t{1} << last_workday;
    for (unsigned date = 1; date <= length; ++date) {
        const uint32_t bit = uint32_t{1} << date;
        if ((dates & bit) != 0 || (from_end >> (length - date) & 1) != 0) by_date |= bit;
        if ((nearest_weekday & bit) != 0) {
            unsigned near = date;
            if (weekday_of(date) == 6) near = date == 1 ? 3 : date - 1;
            if (weekday_of(date) == 0) near = date == length ? date - 2 : date + 1;
            by_date |= uint32_t{1} << near;
        }
        const unsigned weekday = weekday_of(date);
        const bool is_last = date + 7 > length;
        if (((weekdays | nth_weekdays[(date - 1) / 7] | (is_last ? last_weekdays : 0)) >> weekday & 1) != 0)
            by_weekday |= bit;
    }
    return needs_both ? by_date & by_weekday : by_date | by_weekday;
}

Result<CronExpression> parse_cron(std::string_view text) {
    if (text.size() > kBytesMax)
        return fail(Code::kInvalid, "it has {} bytes, more than {}", text.size(), kBytesMax);
    for (const char c : text) {
        if (c == '\t' || (c >= ' ' && c <= '~')) continue;
        return fail(Code::kInvalid, "it holds a byte that is no printable ASCII");
    }
    std::vector<std::string_view> fields = words(text);
    if (!fields.empty() && fields[0].starts_with('@')) {
        NS_TRY(const std::string_view meaning, expand_macro(trim(text)));
        fields = words(meaning);
    }
    if (fields.size() != 5 && fields.size() != 6)
        return fail(Code::kInvalid,
                    "it has {} fields; allowed are 5 (minute, hour, day of month, month, day of week) or 6 "
                    "(the second first)",
                    fields.size());
    CronExpression cron;
    cron.has_seconds = fields.size() == 6;
    std::array<FieldSet, 6> sets;
    sets[0].values = 1;
    for (size_t i = cron.has_seconds ? 0 : 1; i < 6; ++i) {
        NS_TRY(sets[i], parse_field(fields[i - (cron.has_seconds ? 0 : 1)], kFields[i]));
    }
    cron.time = {sets[0].values, sets[1].values, static_cast<uint32_t>(sets[2].values)};
    cron.months = static_cast<uint16_t>(sets[4].values);
    cron.is_interval = sets[0].has_star || sets[1].has_star || sets[2].has_star;
    set_days(cron.days, sets[3], sets[5]);
    if (!can_happen(cron))
        return fail(Code::kInvalid, "no such day exists in any year, so it would never run");
    return cron;
}

}  // namespace nightshift::jobs
