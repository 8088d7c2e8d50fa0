#pragma once

#include <vector>

#include "incidents/facts.h"
#include "incidents/types.h"

// The checks of a diagnosis, each a look at one part of the facts. Missing or late is kUnknown and says so;
// kNothing when the subject has no such part.
namespace nightshift::incidents {

Check check_runs(const Facts& facts);
Check check_receipts(const Facts& facts);
Check check_expectations(const Facts& facts);  // of the newest run, over all paths
Check check_siblings(const Facts& facts);
Check check_dependencies(const Facts& facts);
Check check_own_eyes(const Facts& facts);  // is it us who cannot see?
Check check_changes(const Facts& facts);
Check check_resources(const Facts& facts);
Check check_activity(const Facts& facts);  // of the session or agent

// All of them, in the order above.
std::vector<Check> run_checks(const Facts& facts);

}  // namespace nightshift::incidents
