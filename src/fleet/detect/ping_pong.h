#pragma once

#include <optional>

#include "fleet/calls.h"
#include "fleet/detect/finding.h"
#include "fleet/detect/options.h"

namespace nightshift::fleet {

// A cycle of two to four different calls, each with the same kind of result every time, at the end of the
// history.
std::optional<Finding> find_ping_pong(const CallHistory& calls, const DetectOptions& options);

}  // namespace nightshift::fleet
