#pragma once

#include "alerts/past.h"
#include "alerts/preview.h"
#include "alerts/rule.h"

namespace nightshift::alerts {

// From when on the past matters for what a rule does at `from`.
Time replay_begin(const Rule& rule, Time from, seconds every);

// What `rule` would have done with what is kept of the past between two times: the very evaluator that runs
// now looks when something changed, and when time alone makes something of it, on the grid of `every`. Pure.
Preview replay(const Rule& rule, const Past& past, Time from, Time to, seconds every);

}  // namespace nightshift::alerts
