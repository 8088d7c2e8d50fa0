#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace nightshift::alerts {

// When a condition that holds becomes an alert, and when it is over. Zeros do not wait.
struct HoldPolicy {
    std::chrono::seconds hold{0};           // it must hold for so long ("for")
    uint32_t hits = 1;                      // at least so many of the last `looks` looks
    uint32_t looks = 1;                     // at most 64
    std::chrono::seconds resolve_after{0};  // it must not hold for so long before it is over
    uint32_t flap_changes = 6;  // turns between good and bad within flap_window: flapping; 0: never
    std::chrono::seconds flap_window{1800};
};

enum class Look : uint8_t { kFalse, kTrue, kUnknown };
enum class Phase : uint8_t { kInactive, kPending, kFiring };

// One series of one rule. A value; step() decides.
struct Hold {
    Phase phase = Phase::kInactive;
    uint64_t history = 0;  // the last looks, newest in bit 0
    Time since;            // of the phase
    Time last_true;
    Time last_turn;  // when the condition last turned
    bool was_true = false;
    bool is_flapping = false;
    uint32_t turns = 0;  // within the window, decaying
    Time turns_from;
    Time blind_since;  // nobody could look from then on; the epoch: somebody can
};

// What a look makes of it. Nothing that is unknown begins or ends anything, and time that nobody saw counts
// neither for nor against it.
Hold step(Hold hold, Look look, const HoldPolicy& policy, Time now);

// When time alone makes something of it next, while looks go on as the last one was. Nothing: never.
std::optional<Time> next_turn(const Hold& hold, const HoldPolicy& policy);

// Neither firing, nor pending, nor remembering anything that a later look needs.
bool is_idle(const Hold& hold, const HoldPolicy& policy, Time now);

}  // namespace nightshift::alerts
