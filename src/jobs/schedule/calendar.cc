#include "jobs/schedule/calendar.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "jobs/schedule/cron_field.h"

namespace nightshift::jobs {
namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr FieldKind kWeekdayField = {"weekday", 0, 7, kWeekdays, FieldKind::Extra::kWeekdays};
constexpr size_t kRuleBytesMax = 80;
constexpr int kYearMin = 1970;
constexpr int kYearMax = 2199;

std::optional<int> digits(std::string_view text) {
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const std::optional<int64_t> number = parse_int(text);
    return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

// "12-25"; February 29 is one.
std::optional<chrono::month_day> parse_month_day(std::string_view text) {
    if (text.size() != 5 || text[2] != '-') return std::nullopt;
    const std::optional<int> month = digits(text.substr(0, 2));
    const std::optional<int> day = digits(text.substr(3));
    if (!month || !day) return std::nullopt;
    const chrono::month_day date(chrono::month(static_cast<unsigned>(*month)),
                                 chrono::day(static_cast<unsigned>(*day)));
    return date.ok() ? std::optional(date) : std::nullopt;
}

// "2026-12-25"
std::optional<chrono::sys_days> parse_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-') return std::nullopt;
    const std::optional<int> year = digits(text.substr(0, 4));
    const std::optional<chrono::month_day> date = parse_month_day(text.substr(5));
    if (!year || *year < kYearMin || *year > kYearMax || !date) return std::nullopt;
    const chrono::year_month_day day(chrono::year(*year), date->month(), date->day());
    return day.ok() ? std::optional<chrono::sys_days>(day) : std::nullopt;
}

// "--12-25", as ISO 8601 writes a day of each year.
std::optional<chrono::month_day> parse_yearly(std::string_view text) {
    return text.starts_with("--") ? parse_month_day(text.substr(2)) : std::nullopt;
}

// Month and date in one number that grows over the year.
unsigned place_of(chrono::month_day date) {
    return static_cast<unsigned>(date.month()) * 32 + static_cast<unsigned>(date.day());
}

// From first to last, over the end of the year if last comes before first.
void add_yearly(std::array<uint32_t, 13>& yearly, chrono::month_day first, chrono::month_day last) {
    const unsigned from = place_of(first);
    const unsigned to = place_of(last);
    for (unsigned month = 1; month <= 12; ++month) {
        for (unsigned date = 1; date <= 31; ++date) {
            const unsigned place = month * 32 + date;
            const bool is_in = from <= to ? place >= from && place <= to : place >= from || place <= to;
            if (is_in) yearly[month] |= uint32_t{1} << date;
        }
    }
}

std::optional<uint8_t> parse_weekdays(std::string_view text) {
    const Result<FieldSet> set = parse_field(text, kWeekdayField);
    if (!set || set->last != 0 || set->nth != decltype(set->nth){}) return std::nullopt;
    return static_cast<uint8_t>(set->values);
}

}  // namespace

Result<void> Calendar::Days::add(const std::string& rule) {
    constexpr std::string_view kTo = "..";
    const size_t cut = rule.find(kTo);
    const std::string_view text = rule;
    const std::string_view first = text.substr(0, cut);
    const std::string_view last = cut == std::string::npos ? first : text.substr(cut + kTo.size());
    if (const auto from = parse_yearly(first), to = parse_yearly(last); from && to) {
        add_yearly(yearly, *from, *to);
        return {};
    }
    const auto from = parse_date(first);
    const auto to = parse_date(last);
    if (from && to && *from <= *to) {
        ranges.push_back({*from, *to});
        return {};
    }
    if (from && to) return fail(Code::kInvalid, "the days \"{}\" run backwards", rule);
    if (const std::optional<uint8_t> set = parse_weekdays(text)) {
        weekdays |= *set;
        return {};
    }
    return fail(Code::kInvalid,
                "\"{}\" is no day; allowed are 2026-12-25, 2026-12-24..2027-01-02, each year --12-25 or "
                "--12-24..--01-02, and weekdays such as sat,sun or mon-fri",
                to_valid_utf8(truncate_utf8(rule, kRuleBytesMax)));
}

void Calendar::Days::merge_ranges() {
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    std::vector<Range> apart;
    for (const Range& range : ranges) {
        if (!apart.empty() && range.first <= apart.back().last) {
            apart.back().last = std::max(apart.back().last, range.last);
        } else {
            apart.push_back(range);
        }
    }
    ranges = std::move(apart);
}

bool Calendar::Days::contain_each_year(chrono::sys_days day) const {
    const chrono::year_month_day date(day);
    return (weekdays >> chrono::weekday(day).c_encoding() & 1) != 0 ||
           (yearly[static_cast<unsigned>(date.month())] >> static_cast<unsigned>(date.day()) & 1) != 0;
}

bool Calendar::Days::contain(chrono::sys_days day) const {
    if (contain_each_year(day)) return true;
    const auto after =
        std::upper_bound(ranges.begin(), ranges.end(), day,
                         [](chrono::sys_days at, const Range& range) { return at < range.first; });
    return after != ranges.begin() && day <= std::prev(after)->last;
}

Result<Calendar> Calendar::parse(const std::vector<CalendarRule>& rules) {
    if (rules.size() > kRulesMax)
        return fail(Code::kLimit, "{} rules of days are more than {}", rules.size(), kRulesMax);
    Calendar calendar;
    for (const CalendarRule& rule : rules) {
        (rule.only ? calendar.has_only_ : calendar.has_except_) = true;
        Days& days = rule.only ? calendar.only_ : calendar.except_;
        if (Result<void> added = days.add(rule.days); !added) return Failure(std::move(added).error());
    }
    calendar.only_.merge_ranges();
    calendar.except_.merge_ranges();
    return calendar;
}

bool Calendar::allows(chrono::sys_days day) const {
    return !except_.contain(day) && (!has_only_ || only_.contain(day));
}

bool Calendar::can_allow(chrono::sys_days day) const {
    return !except_.contain_each_year(day) &&
           (!has_only_ || !only_.ranges.empty() || only_.contain_each_year(day));
}

}  // namespace nightshift::jobs
