#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// What an agent must show to count as ready and alive; who looks is passed to the supervisor. With neither an
// URL nor a rhythm of events nothing is checked, and a process that runs counts as running.
struct LivenessPolicy {
    std::string url;                                 // must answer 2xx
    std::chrono::milliseconds event_within{0};       // an event of it must be as young as this
    std::chrono::milliseconds startup_max{120'000};  // until the first sign of life
    std::chrono::milliseconds interval{10'000};
    uint32_t failures_max = 3;  // in a row, before it is restarted

    bool is_checked() const { return !url.empty() || event_within.count() > 0; }
    bool operator==(const LivenessPolicy&) const = default;
};

// One look.
struct Health {
    Outcome outcome = Outcome::kUnknown;
    std::string why;
};

// What one life has shown so far.
struct Liveness {
    bool is_ready = false;
    uint32_t failures = 0;  // in a row
    std::string why;        // of the last look
};

// Takes a look into account. What cannot be seen is never a reason to restart: silence of the way we look is
// not silence of the agent.
Liveness after_look(Liveness before, const Health& health);

// The reason to restart it; empty: none.
std::string reason_to_restart(const LivenessPolicy& policy, const Liveness& liveness, Time started, Time now);

}  // namespace nightshift::jobs
