#pragma once

#include <optional>

#include "fleet/calls.h"
#include "fleet/detect/finding.h"
#include "fleet/detect/options.h"

namespace nightshift::fleet {

// A stretch of calls that were nearly all made before with the same kind of result, while `tokens` (what the
// session has used by now) burn. Finds what varies too much for the other detectors; waiting calls do not
// count either way.
std::optional<Finding> find_no_new_information(const CallHistory& calls, uint64_t tokens,
                                               const DetectOptions& options);

}  // namespace nightshift::fleet
