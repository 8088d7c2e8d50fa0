#include "ingest/events/names.h"

#include <chrono>

#include "base/text.h"

namespace nightshift::ingest::events {
namespace {

// The enumerator below `end` whose name is `name`.
template <class Enum>
std::optional<Enum> find(std::string_view name, uint8_t end) {
    for (uint8_t i = 0; i < end; ++i) {
        if (recorder::to_string(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

// `size` digits at `at` as a number, or nothing.
std::optional<int> digits(std::string_view text, size_t at, size_t size) {
    if (at + size > text.size()) return std::nullopt;
    int number = 0;
    for (char c : text.substr(at, size)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

// "Z" or "+01:00" in minutes.
std::optional<int> zone_minutes(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    std::optional<int> hours = digits(text, 1, 2);
    std::optional<int> minutes = digits(text, 4, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const int total = *hours * 60 + *minutes;
    return text[0] == '+' ? total : -total;
}

}  // namespace

std::optional<recorder::Kind> find_kind(std::string_view name) {
    return find<recorder::Kind>(name, static_cast<uint8_t>(recorder::Kind::kJob) + 1);
}

std::optional<recorder::Status> find_status(std::string_view name) {
    return find<recorder::Status>(name, static_cast<uint8_t>(recorder::Status::kRunning) + 1);
}

std::optional<recorder::CostSource> find_cost_source(std::string_view name) {
    return find<recorder::CostSource>(name, static_cast<uint8_t>(recorder::CostSource::kPriced) + 1);
}

std::optional<int64_t> parse_time(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
    auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    int64_t fraction_us = 0;
    size_t at = 19;
    if (text[at] == '.') {
        int64_t unit = 100'000;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
            fraction_us += unit * (text[at] - '0');
    }
    std::optional<int> zone = zone_minutes(text.substr(at));
    if (!zone) return std::nullopt;
    const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const int64_t seconds = ((days * 24 + *hour) * 60 + *minute - *zone) * 60 + *second;
    return seconds * 1'000'000 + fraction_us;
}

}  // namespace nightshift::ingest::events
