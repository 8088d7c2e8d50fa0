#include "incidents/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time_text.h"

namespace nightshift::incidents {

std::string words(Time time) {
    return time_text(time);
}

std::string span(microseconds duration) {
    int64_t seconds = std::max<int64_t>(duration.count(), 0) / 1'000'000;
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3'600) return fmt::format("{} min", seconds / 60);
    if (seconds < 86'400) {
        int64_t minutes = seconds % 3'600 / 60;
        return minutes == 0 ? fmt::format("{} h", seconds / 3'600)
                            : fmt::format("{} h {} min", seconds / 3'600, minutes);
    }
    int64_t hours = seconds % 86'400 / 3'600;
    // Up to three days people count in hours: "72 h".
    if (seconds <= 3 * 86'400) return fmt::format("{} h", seconds / 3'600);
    return hours == 0 ? fmt::format("{} d", seconds / 86'400)
                      : fmt::format("{} d {} h", seconds / 86'400, hours);
}

std::string ago(Time then, Time now) {
    return now - then < seconds(1) ? "just now" : span(now - then) + " ago";
}

std::string count(uint64_t number, std::string_view noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string cut(std::string_view text, size_t bytes_max) {
    constexpr std::string_view kEllipsis = "…";
    if (text.size() <= bytes_max) return std::string(text);
    if (bytes_max <= kEllipsis.size()) return std::string(truncate_utf8(text, bytes_max));
    return std::string(truncate_utf8(text, bytes_max - kEllipsis.size())) + std::string(kEllipsis);
}

std::string list(const std::vector<std::string>& names, size_t names_max, uint64_t total) {
    size_t shown = std::min(names.size(), names_max);
    std::string out;
    for (size_t i = 0; i < shown; ++i) out += (i == 0 ? "" : ", ") + names[i];
    uint64_t rest = std::max<uint64_t>(total, names.size()) - shown;
    if (rest == 0) return out;
    if (out.empty()) return fmt::format("{} {}", rest, rest == 1 ? "other" : "others");
    return out + fmt::format(" and {} {}", rest, rest == 1 ? "other" : "others");
}

}  // namespace nightshift::incidents
