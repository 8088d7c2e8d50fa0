#pragma once

#include <vector>

#include "alerts/route.h"
#include "alerts/rule.h"

namespace nightshift::alerts {

// The rules that nobody has to write: a session that fails or goes in circles, a job that was missed, failed
// or contradicted, a budget near its end, a model route in trouble, a source that cannot be reached, a disk
// that fills, a channel that does not deliver, Nightshift itself, and, for information, work that was done.
std::vector<RulePtr> default_rules();

// One group for each thing that is in trouble: a job, a session, a source.
Route default_route();

}  // namespace nightshift::alerts
