#pragma once

#include <fmt/chrono.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/text.h"

namespace nightshift::jobs {

// "2026-03-29T01:00:00Z", always of this length.
inline Time at(std::string_view text) {
    const auto number = [&](size_t from, size_t size) { return parse_int(text.substr(from, size)).value(); };
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(0, 4))),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2))));
    return std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) +
           std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2));
}

inline std::string text_of(Time time) {
    return fmt::format(
        "{:%FT%TZ}", fmt::gmtime(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
}

}  // namespace nightshift::jobs
