#include "jobs/schedule/posix_rule.h"

#include <cctype>
#include <chrono>

namespace nightshift::jobs {
namespace {

constexpr int64_t kDay = 86'400;

// Reads one rule from left to right; `ok` falls at the first mistake and stays down.
struct Reader {
    std::string_view rest;
    bool ok = true;

    bool take(char c) {
        if (rest.empty() || rest.front() != c) return false;
        rest.remove_prefix(1);
        return true;
    }

    int64_t number(int64_t max) {
        if (rest.empty() || std::isdigit(static_cast<unsigned char>(rest.front())) == 0) ok = false;
        int64_t value = 0;
        while (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.front())) != 0 && value <= max) {
            value = value * 10 + (rest.front() - '0');
            rest.remove_prefix(1);
        }
        if (value > max) ok = false;
        return value;
    }

    // An abbreviation: letters, or anything in angle brackets.
    void name() {
        const size_t before = rest.size();
        if (take('<')) {
            while (!rest.empty() && rest.front() != '>') rest.remove_prefix(1);
            ok = take('>') && ok;
        } else {
            while (!rest.empty() && std::isalpha(static_cast<unsigned char>(rest.front())) != 0)
                rest.remove_prefix(1);
        }
        if (before - rest.size() < 3) ok = false;
    }

    // [+-]hh[:mm[:ss]] in seconds.
    int64_t time() {
        const bool is_negative = take('-');
        if (!is_negative) take('+');
        int64_t seconds = number(167) * 3600;
        if (take(':')) seconds += number(59) * 60;
        if (take(':')) seconds += number(59);
        return is_negative ? -seconds : seconds;
    }

    ChangeDay change() {
        ChangeDay change;
        if (take('M')) {
            change.month = static_cast<int>(number(12));
            ok = take('.') && ok;
            change.week = static_cast<int>(number(5));
            ok = take('.') && ok;
            change.day = static_cast<int>(number(6));
            ok = ok && change.month >= 1 && change.week >= 1;
        } else if (take('J')) {
            change.kind = ChangeDay::Kind::kJulian;
            change.day = static_cast<int>(number(365));
            ok = ok && change.day >= 1;
        } else {
            change.kind = ChangeDay::Kind::kDayOfYear;
            change.day = static_cast<int>(number(365));
        }
        change.time = take('/') ? time() : 2 * 3600;
        return change;
    }
};

}  // namespace

std::optional<PosixRule> parse_posix_rule(std::string_view text) {
    Reader in{text};
    PosixRule rule;
    in.name();
    rule.standard = -in.time();  // POSIX counts west as positive
    if (in.ok && !in.rest.empty()) {
        rule.has_daylight = true;
        in.name();
        const bool is_named_only = in.rest.empty() || in.rest.front() == ',';
        rule.daylight = is_named_only ? rule.standard + 3600 : -in.time();
        in.ok = in.take(',') && in.ok;
        rule.to_daylight = in.change();
        in.ok = in.take(',') && in.ok;
        rule.to_standard = in.change();
    }
    if (!in.ok || !in.rest.empty()) return std::nullopt;
    return rule;
}

int64_t change_time(const ChangeDay& change, int year, int64_t offset) {
    namespace chrono = std::chrono;
    const chrono::year y(year);
    const chrono::sys_days new_year(y / chrono::January / 1);
    chrono::sys_days day = new_year;
    switch (change.kind) {
        case ChangeDay::Kind::kMonthWeekday: {
            const auto month = y / chrono::month(static_cast<unsigned>(change.month));
            const chrono::weekday weekday(static_cast<unsigned>(change.day));
            day = change.week == 5 ? chrono::sys_days(month / weekday[chrono::last])
                                   : chrono::sys_days(month / weekday[static_cast<unsigned>(change.week)]);
            break;
        }
        case ChangeDay::Kind::kJulian:
            day += chrono::days(change.day - 1 + (y.is_leap() && change.day >= 60 ? 1 : 0));
            break;
        case ChangeDay::Kind::kDayOfYear:
            day += chrono::days(change.day);
            break;
    }
    return day.time_since_epoch().count() * kDay + change.time - offset;
}

}  // namespace nightshift::jobs
