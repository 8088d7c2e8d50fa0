#include "gateway/dialects/retry_after.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "base/text.h"
#include "gateway/dialects/error_body.h"

namespace nightshift::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

// Longer is not a wait but a broken clock.
constexpr double kSecondsMax = 32.0 * 24 * 3600;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<milliseconds> of_seconds(double seconds) {
    if (!(seconds >= 0 && seconds <= kSecondsMax)) return std::nullopt;
    return milliseconds(static_cast<int64_t>(std::ceil(seconds * 1000)));
}

double unit_seconds(std::string_view unit) {
    if (unit == "ms") return 0.001;
    if (unit == "s") return 1;
    if (unit == "m") return 60;
    if (unit == "h") return 3600;
    return unit == "d" ? 86400 : -1;
}

// "2m59.56s" at the front of the text: seconds, and how much of the text they take.
std::optional<double> leading_duration(std::string_view text, size_t& length) {
    double total = 0;
    length = 0;
    while (length < text.size() && is_digit(text[length])) {
        size_t end = length;
        while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
        if (text[end - 1] == '.') break;
        size_t unit_end = end;
        while (unit_end < text.size() && text[unit_end] >= 'a' && text[unit_end] <= 'z') ++unit_end;
        const double unit = unit_seconds(text.substr(end, unit_end - end));
        const std::optional<double> number = parse_double(text.substr(length, end - length));
        if (unit < 0 || !number) break;
        total += *number * unit;
        length = unit_end;
    }
    return length == 0 ? std::nullopt : std::optional(total);
}

std::optional<system_clock::time_point> at_moment(const char* format, std::string_view text) {
    std::tm parts{};
    const std::string copy(text);
    const char* end = strptime(copy.c_str(), format, &parts);
    if (end == nullptr) return std::nullopt;
    const time_t seconds = timegm(&parts);
    return system_clock::from_time_t(seconds);
}

}  // namespace

std::optional<milliseconds> parse_wait(std::string_view text) {
    text = trim(text);
    if (const std::optional<double> seconds = parse_double(text)) return of_seconds(*seconds);
    size_t length = 0;
    const std::optional<double> total = leading_duration(text, length);
    if (!total || length != text.size()) return std::nullopt;
    return of_seconds(*total);
}

std::optional<milliseconds> until_rfc3339(std::string_view text, system_clock::time_point now) {
    const auto moment = at_moment("%Y-%m-%dT%H:%M:%S", trim(text));
    if (!moment) return std::nullopt;
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*moment - now));
}

std::optional<milliseconds> retry_hint(std::string_view message) {
    for (std::string_view words : {"try again in ", "retry in ", "retry after "}) {
        const size_t found = message.find(words);
        if (found == std::string_view::npos) continue;
        const std::string_view rest = message.substr(found + words.size());
        size_t length = 0;
        if (const std::optional<double> total = leading_duration(rest, length)) return of_seconds(*total);
        const size_t end = rest.find_first_not_of("0123456789.");
        const bool says_seconds = end != std::string_view::npos && rest.substr(end).starts_with(" second");
        const std::optional<double> seconds = says_seconds ? parse_double(rest.substr(0, end)) : std::nullopt;
        if (seconds) return of_seconds(*seconds);
    }
    return std::nullopt;
}

std::optional<milliseconds> read_retry_after(ProviderKind kind, HeaderFields headers,
                                             std::string_view message, system_clock::time_point now) {
    if (const std::optional<double> ms = parse_double(trim(find_header(headers, "retry-after-ms")))) {
        return of_seconds(*ms / 1000);
    }
    const std::string_view header = trim(find_header(headers, "retry-after"));
    if (const std::optional<milliseconds> wait = parse_wait(header)) return wait;
    if (const auto moment = at_moment("%a, %d %b %Y %H:%M:%S GMT", header)) {
        return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*moment - now));
    }
    if (const std::optional<milliseconds> hint = retry_hint(message)) return hint;
    // The limit that ran out says when it fills.
    const RateLimits limits = read_rate_limits(kind, headers, now);
    std::optional<milliseconds> wait;
    for (const RateLimit* limit : {&limits.requests, &limits.tokens}) {
        if (limit->remaining.value_or(1) > 0 || !limit->reset_in) continue;
        wait = std::max(wait.value_or(milliseconds(0)), *limit->reset_in);
    }
    return wait;
}

}  // namespace nightshift::gateway
