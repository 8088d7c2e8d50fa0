#include "fleet/record.h"

namespace nightshift::fleet {

const GapHistogram* Agent::step(uint64_t name) const {
    for (const Step& step : steps) {
        if (step.name == name) return &step.durations;
    }
    return nullptr;
}

void Agent::add_step(uint64_t name, int64_t duration_us) {
    for (Step& step : steps) {
        if (step.name != name) continue;
        step.durations.add(duration_us);
        return;
    }
    if (steps.size() >= kStepsMax) return;  // the tools an agent uses most come early
    steps.push_back({name, {}});
    steps.back().durations.add(duration_us);
}

}  // namespace nightshift::fleet
