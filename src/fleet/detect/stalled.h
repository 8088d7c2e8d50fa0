#pragma once

#include <cstdint>

#include "fleet/detect/options.h"
#include "fleet/rhythm.h"

namespace nightshift::fleet {

// How long a step may be silent before its session counts as stalled: three times the p99 of that step, never
// less than five minutes, and three times those while the step is not known well enough.
int64_t stalled_after_us(const GapHistogram* step, int64_t lag_us, const DetectOptions& options);

}  // namespace nightshift::fleet
