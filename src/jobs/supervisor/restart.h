#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// How an agent that ends is started again.
struct RestartPolicy {
    enum class When : uint8_t { kAlways, kOnFailure, kNever };
    When when = When::kAlways;
    std::chrono::milliseconds backoff_min{1'000};
    std::chrono::milliseconds backoff_max{300'000};
    // A life of this length, ready once if its readiness is checked, is healthy and starts the backoff over.
    std::chrono::milliseconds healthy_after{60'000};
    // So many short lives in a row, and it is given up until somebody changes it or starts it by hand.
    uint32_t short_lives_max = 10;

    bool operator==(const RestartPolicy&) const = default;
};

// One start of an agent that has ended.
struct Life {
    Time started;
    Time ended;
    bool was_ready = true;
    bool succeeded = false;
    std::string how;  // it ended, for people: "exit code 1"
};

struct RestartDecision {
    enum class Action : uint8_t { kStart, kWait, kFinish, kGiveUp };
    Action action = Action::kStart;
    Time at;          // kWait: until then
    std::string why;  // for people
};

// What to do with an agent that is wanted and does not run. `lives`: newest first, only those that count.
// `jitter` in [0, 1), the same for the same start, makes agents that fell together rise apart.
RestartDecision decide_restart(const RestartPolicy& policy, const std::vector<Life>& lives, Time now,
                               double jitter);

// How many of the newest lives were short, in a row.
uint32_t count_short_lives(const RestartPolicy& policy, const std::vector<Life>& lives);

// "exit code 1", "killed by signal 9", …
std::string describe_end(const Execution& execution);

}  // namespace nightshift::jobs
