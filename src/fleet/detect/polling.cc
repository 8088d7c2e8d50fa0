#include "fleet/detect/polling.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nightshift::fleet {

namespace {

constexpr double kGrowth = 1.25;
constexpr uint32_t kBackoffMin = 2'000;  // shorter pauses are jitter
constexpr uint32_t kTimerMin = 8'000;
constexpr double kTimerSpread = 0.05;

uint32_t median(std::vector<uint32_t> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Relative standard deviation.
double spread(const std::vector<uint32_t>& values) {
    double mean = 0;
    for (uint32_t value : values) mean += value;
    mean /= static_cast<double>(values.size());
    double squares = 0;
    for (uint32_t value : values) squares += (value - mean) * (value - mean);
    return mean > 0 ? std::sqrt(squares / static_cast<double>(values.size())) / mean : 0;
}

}  // namespace

bool is_backing_off(const std::vector<uint32_t>& rest_ms) {
    const size_t n = rest_ms.size();
    if (n < 3 || rest_ms[n - 1] < kBackoffMin) return false;
    return rest_ms[n - 1] >= kGrowth * rest_ms[n - 2] && rest_ms[n - 2] >= kGrowth * rest_ms[n - 3];
}

bool is_polling(const Spacing& spacing, uint32_t rest_min_ms) {
    if (spacing.interval_ms.size() < 2) return false;
    if (median(spacing.rest_ms) >= rest_min_ms) return true;
    if (is_backing_off(spacing.rest_ms)) return true;
    return !spacing.burns_tokens && median(spacing.interval_ms) >= kTimerMin &&
           spread(spacing.interval_ms) < kTimerSpread;
}

}  // namespace nightshift::fleet
