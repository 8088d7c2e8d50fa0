#include "incidents/checks.h"

namespace nightshift::incidents {

std::vector<Check> run_checks(const Facts& facts) {
    return {check_runs(facts),     check_receipts(facts),     check_expectations(facts),
            check_siblings(facts), check_dependencies(facts), check_own_eyes(facts),
            check_changes(facts),  check_resources(facts),    check_activity(facts)};
}

}  // namespace nightshift::incidents
