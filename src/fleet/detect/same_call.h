#pragma once

#include <optional>

#include "fleet/calls.h"
#include "fleet/detect/finding.h"
#include "fleet/detect/options.h"

namespace nightshift::fleet {

// The newest call, if it is one of many with the same arguments and the same kind of result, and the session
// made no progress since the first of them. Waiting and polling are not found.
std::optional<Finding> find_same_call(const CallHistory& calls, const DetectOptions& options);

}  // namespace nightshift::fleet
