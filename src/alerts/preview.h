#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alerts/rule.h"
#include "alerts/signal.h"

namespace nightshift::alerts {

// When a rule would have fired, and for how long.
struct Episode {
    Labels labels;
    std::string summary;
    Time starts;
    Time ends;  // Time::max(): it would fire still
    bool is_flapping = false;
};

struct Preview {
    std::vector<Episode> episodes;  // oldest first, at most kEpisodesMax
    uint64_t fired = 0;             // also those that are not listed
    uint64_t looks = 0;
    seconds step{0};
    static constexpr size_t kEpisodesMax = 500;
};

// What was known at a moment of the past.
using LookBack = std::function<Result<std::vector<Signal>>(Time at)>;

// What `rule` would have done between two times, looked at every `step`. Pure but for `look_back`.
Result<Preview> preview(const Rule& rule, const LookBack& look_back, Time from, Time to, seconds step);

// Steps that find what the rule would find, and not too many of them.
seconds preview_step(const Rule& rule, Time from, Time to);

}  // namespace nightshift::alerts
