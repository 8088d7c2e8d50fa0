#include "jobs/supervisor/liveness.h"

#include <fmt/format.h>

namespace nightshift::jobs {

Liveness after_look(Liveness before, const Health& health) {
    before.why = health.why;
    switch (health.outcome) {
        case Outcome::kHolds:
            before.is_ready = true;
            before.failures = 0;
            break;
        case Outcome::kFails:
            ++before.failures;
            break;
        case Outcome::kUnknown:
            before.failures = 0;
            break;
    }
    return before;
}

std::string reason_to_restart(const LivenessPolicy& policy, const Liveness& liveness, Time started,
                              Time now) {
    if (!policy.is_checked() || liveness.failures == 0) return {};
    if (!liveness.is_ready) {
        if (now - started < policy.startup_max) return {};
        return fmt::format("not ready after {} s: {}", policy.startup_max.count() / 1000, liveness.why);
    }
    if (liveness.failures < policy.failures_max) return {};
    return fmt::format("no sign of life, {} looks in a row: {}", liveness.failures, liveness.why);
}

}  // namespace nightshift::jobs
