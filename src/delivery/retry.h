#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "delivery/outcome.h"
#include "delivery/types.h"

namespace nightshift::delivery {

// What a channel allows when an attempt did not end well.
struct RetryPolicy {
    int attempts_max = 8;
    bool can_read_back = false;
    bool is_absence_certain = false;
    // Sending again is harmless (the provider knows the id) or wanted (the channel's option).
    bool may_resend = false;
};

// How far a delivery has come since it was enqueued, or since a person sent it again.
struct Progress {
    int attempts = 0;            // this one included
    bool is_ambiguous = false;   // an earlier attempt may have arrived, and nothing has settled it
    bool is_sought = false;      // the last attempt looked for it and did not find it
    bool is_unreadable = false;  // the last attempt looked for it and was not let
    bool may_recreate = false;   // the message of its thread has not been made anew yet
    Time give_up_at;
};

struct Step {
    State state = State::kFailed;
    bool is_ambiguous = false;
    std::optional<Time> next_attempt;  // nothing: this is for good
    std::string why;
    bool is_anchor_lost =
        false;  // the thread's message can be edited no more: the next attempt posts it anew
};

enum class Action { kSend, kReadBack, kGiveUp };

// What to do with a delivery that is due: what may have arrived is looked for before it is sent again.
Action decide_action(const Progress& progress, const RetryPolicy& policy, Time now);

// What an attempt that ended makes of its delivery. `random` in [0, 1) spreads the retries.
Step decide_step(const Outcome& outcome, const Progress& progress, const RetryPolicy& policy, Time now,
                 double random);

// The pause after attempt number `attempts`: anything up to twice the one before, at most ten minutes ("full
// jitter"), but never none at all.
std::chrono::milliseconds backoff(int attempts, double random);

}  // namespace nightshift::delivery
