#include "jobs/schedule/cron_field.h"

#include <optional>

#include "base/text.h"

namespace nightshift::jobs {
namespace {

constexpr int kSaturday = 6;
constexpr int64_t kFromEndMax = 30;

std::string allowed(const FieldKind& kind) {
    std::string text = fmt::format("{} to {}", kind.min, kind.max);
    if (!kind.names.empty()) text += fmt::format(" or {} to {}", kind.names.front(), kind.names.back());
    return text;
}

Failure wrong(const FieldKind& kind, std::string_view value, std::string_view what) {
    return fail(Code::kInvalid, "{} \"{}\" {}", kind.name, value, what);
}

// A number or a name, alone.
Result<int> parse_value(std::string_view text, const FieldKind& kind) {
    if (text.empty())
        return fail(Code::kInvalid, "{} lacks a value; allowed is {}", kind.name, allowed(kind));
    for (size_t i = 0; i < kind.names.size(); ++i) {
        if (equals_ignore_case(text, kind.names[i])) return kind.min + static_cast<int>(i);
    }
    const bool is_number = text.find_first_not_of("0123456789") == std::string_view::npos && text.size() <= 4;
    const std::optional<int64_t> number = is_number ? parse_int(text) : std::nullopt;
    if (!number) return wrong(kind, text, "is not a value; allowed is " + allowed(kind));
    if (*number < kind.min || *number > kind.max)
        return wrong(kind, text, "is out of range; allowed is " + allowed(kind));
    return static_cast<int>(*number);
}

// Reads fields of days, the only ones where 7 stands for 0.
bool is_weekdays(const FieldKind& kind) {
    return kind.extra == FieldKind::Extra::kWeekdays;
}

Failure reversed(const FieldKind& kind, std::string_view text, int low, int high) {
    const int top = is_weekdays(kind) ? kSaturday : kind.max;
    return fail(Code::kInvalid, "{} \"{}\" runs backwards; write {}-{},{}-{}", kind.name, text, low, top,
                kind.min, high);
}

// "*", "?", "5", "1-5", each but the second with "/2".
Result<void> add_range(FieldSet& set, std::string_view item, const FieldKind& kind) {
    const size_t slash = item.find('/');
    const std::string_view range = item.substr(0, slash);
    int low = kind.min;
    int high = is_weekdays(kind) ? kSaturday : kind.max;
    const int size = high - low + 1;
    if (range != "*") {
        const size_t dash = range.find('-');
        NS_TRY(low, parse_value(range.substr(0, dash), kind));
        if (dash != std::string_view::npos) {
            NS_TRY(high, parse_value(range.substr(dash + 1), kind));
            if (is_weekdays(kind) && high == 0 && low > 0) high = 7;  // fri-sun
        } else if (slash == std::string_view::npos) {
            high = low;
        }  // and 5/15 is 5-59/15, as Quartz has it
        if (low > high) return reversed(kind, range, low, high);
    }
    int step = 1;
    if (slash != std::string_view::npos) {
        const std::string_view text = item.substr(slash + 1);
        const std::optional<int64_t> number =
            text.find_first_not_of("0123456789") == std::string_view::npos && text.size() <= 4
                ? parse_int(text)
                : std::nullopt;
        if (!number || *number < 1 || *number > size)
            return wrong(kind, item, fmt::format("has a wrong step; allowed is 1 to {}", size));
        step = static_cast<int>(*number);
    }
    for (int value = low; value <= high; value += step) {
        set.values |= uint64_t{1} << (is_weekdays(kind) ? value % 7 : value);
    }
    return {};
}

// L, L-3, LW and 15W. False: `item` is none of them.
Result<bool> add_special_date(FieldSet& set, std::string_view item, const FieldKind& kind) {
    if (equals_ignore_case(item, "l")) {
        set.from_end |= 1;
        return true;
    }
    if (equals_ignore_case(item, "lw")) {
        set.last_weekday = true;
        return true;
    }
    const char first = item.empty() ? ' ' : item.front();
    if (first == 'l' || first == 'L') {
        const std::string_view rest = item.substr(1);
        const std::optional<int64_t> back =
            rest.starts_with('-') && rest.size() > 1 &&
                    rest.find_first_not_of("0123456789", 1) == std::string_view::npos
                ? parse_int(rest.substr(1))
                : std::nullopt;
        if (!back || *back > kFromEndMax)
            return wrong(
                kind, item,
                fmt::format("is not a day from the end; allowed is L, LW and L-1 to L-{}", kFromEndMax));
        set.from_end |= uint32_t{1} << *back;
        return true;
    }
    if (!item.ends_with('w') && !item.ends_with('W')) return false;
    NS_TRY(const int date, parse_value(item.substr(0, item.size() - 1), kind));
    set.nearest_weekday |= uint32_t{1} << date;
    return true;
}

// 5L, friL and fri#2. False: `item` is none of them.
Result<bool> add_special_weekday(FieldSet& set, std::string_view item, const FieldKind& kind) {
    if (const size_t hash = item.find('#'); hash != std::string_view::npos) {
        NS_TRY(const int weekday, parse_value(item.substr(0, hash), kind));
        const std::string_view nth = item.substr(hash + 1);
        if (nth.size() != 1 || nth[0] < '1' || nth[0] > '5')
            return wrong(kind, item, "has a wrong number behind the #; allowed is 1 to 5");
        set.nth[static_cast<size_t>(nth[0] - '1')] |= static_cast<uint8_t>(1u << (weekday % 7));
        return true;
    }
    if (!item.ends_with('l') && !item.ends_with('L')) return false;
    if (item.size() == 1)
        return wrong(kind, item,
                     "needs the weekday whose last one of the month is meant, such as friL or 5L");
    NS_TRY(const int weekday, parse_value(item.substr(0, item.size() - 1), kind));
    set.last |= static_cast<uint8_t>(1u << (weekday % 7));
    return true;
}

Result<void> add_item(FieldSet& set, std::string_view item, const FieldKind& kind) {
    bool is_done = false;
    if (kind.extra == FieldKind::Extra::kDates) {
        NS_TRY(is_done, add_special_date(set, item, kind));
    } else if (is_weekdays(kind)) {
        NS_TRY(is_done, add_special_weekday(set, item, kind));
    }
    if (is_done) return {};
    return add_range(set, item, kind);
}

}  // namespace

Result<FieldSet> parse_field(std::string_view text, const FieldKind& kind) {
    FieldSet set;
    set.has_star = text.starts_with('*');
    if (text == "?") {
        if (kind.extra == FieldKind::Extra::kNone)
            return wrong(kind, text, "is allowed for the day of month and the day of week only");
        set.has_star = true;
        text = "*";
    }
    for (std::string_view item : split(text, ',')) {
        if (Result<void> added = add_item(set, item, kind); !added) return Failure(std::move(added).error());
    }
    return set;
}

}  // namespace nightshift::jobs
