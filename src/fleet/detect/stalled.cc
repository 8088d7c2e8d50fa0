#include "fleet/detect/stalled.h"

#include <algorithm>

namespace nightshift::fleet {

int64_t stalled_after_us(const GapHistogram* step, bool is_tool, int64_t lag_us,
                         const DetectOptions& options) {
    if (step == nullptr || step->count() < options.stalled_history_min) {
        return (is_tool ? options.stalled_unknown_factor : 1) * options.stalled_after_us + lag_us;
    }
    const auto patient =
        static_cast<int64_t>(options.stalled_patience * static_cast<double>(step->quantile_us(0.99)));
    return std::max(patient, options.stalled_after_us) + lag_us;
}

}  // namespace nightshift::fleet
