#pragma once

#include <cstdint>

#include "fleet/detect/options.h"
#include "fleet/rhythm.h"

namespace nightshift::fleet {

// How long a step may be silent before its session counts as stalled: three times the p99 of that step, never
// less than five minutes. A tool that is not known well enough gets three times those: builds take long.
int64_t stalled_after_us(const GapHistogram* step, bool is_tool, int64_t lag_us,
                         const DetectOptions& options);

}  // namespace nightshift::fleet
