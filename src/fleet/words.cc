#include "fleet/words.h"

#include <fmt/core.h>

#include <algorithm>

namespace nightshift::fleet {

std::string duration_words(int64_t us) {
    us = std::max<int64_t>(us, 0);
    const double seconds = static_cast<double>(us) / 1e6;
    if (seconds < 1) return fmt::format("{} ms", us / 1000);
    if (seconds < 120) return fmt::format("{} s", static_cast<int64_t>(seconds));
    if (seconds < 2 * 3600) return fmt::format("{} min", static_cast<int64_t>(seconds / 60));
    if (seconds < 48 * 3600) return fmt::format("{:.1f} h", seconds / 3600);
    return fmt::format("{} d", static_cast<int64_t>(seconds / 86400));
}

std::string money_words(int64_t nano_usd) {
    if (nano_usd <= 0) return "";
    const double usd = static_cast<double>(nano_usd) / 1e9;
    return usd >= 0.01 ? fmt::format("${:.2f}", usd) : fmt::format("${:.4f}", usd);
}

std::string count_words(uint64_t count) {
    if (count < 1000) return fmt::format("{}", count);
    if (count < 1'000'000) return fmt::format("{:.1f}k", static_cast<double>(count) / 1e3);
    return fmt::format("{:.1f}M", static_cast<double>(count) / 1e6);
}

}  // namespace nightshift::fleet
