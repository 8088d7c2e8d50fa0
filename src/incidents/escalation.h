#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "incidents/types.h"

// Who is told next when nobody takes an incident, or when telling did not work. Bounded: after the last step
// and its repeats nobody is told any more.
namespace nightshift::incidents {

struct EscalationStep {
    std::vector<std::string> channels;
    std::chrono::seconds wait{15 * 60};  // for somebody to acknowledge, until the next step
};

struct EscalationPolicy {
    std::vector<EscalationStep> steps;           // none: nobody is told
    std::chrono::seconds repeat{30 * 60};        // of the last step
    int repeats_max = 3;                         // at most kRepeatsMax
    std::chrono::seconds renotify{3'600};        // acknowledged, and still firing; 0: never
    std::chrono::seconds undelivered_after{60};  // not delivered by then counts as not delivered
};

// What a policy says when the configuration names channels only.
EscalationPolicy default_policy(Severity severity, std::vector<EscalationStep> steps);

enum class Urge : uint8_t {
    kNothing,
    kStep,       // the first step, or the next one: nobody acknowledged
    kRepeat,     // of the last step
    kFallback,   // the message did not arrive: another channel
    kReminder,   // somebody has it, and it still fires
    kHeld,       // by quiet hours
    kExhausted,  // the last repeat brought nobody either
};

struct EscalationMove {
    Urge urge = Urge::kNothing;
    std::vector<std::string> channels;  // where people should hear of it now
    int step = 0;                       // that is reached with it
    std::optional<Time> next_step;      // as Incident::next_step
    std::optional<Time> look_again;     // decide again by then, if nothing happens before
    std::string why;                    // for the timeline
};

struct Moment {
    Time now;
    bool is_quiet = false;  // quiet hours; they never hold back what is critical
};

// What to do now for an incident. The first notice waits for the diagnosis, at most kFailOpen.
EscalationMove escalate(const Incident& incident, const EscalationPolicy& policy, const Moment& moment);

// Writes the move down. The notifications follow with take_notification(), with the move's step.
void take_move(Incident& incident, const EscalationMove& move, Time now);

}  // namespace nightshift::incidents
