#pragma once

#include <vector>

#include "incidents/facts.h"
#include "incidents/types.h"

namespace nightshift::incidents {

// What may be behind it, likeliest first, at most kCausesMax. A cause that others share comes first, then
// what is seen to be broken, then a change shortly before. The confidence is a fixed number for each kind of
// cause: docs/incidents.md has them.
std::vector<Cause> rank_causes(const Facts& facts);

}  // namespace nightshift::incidents
