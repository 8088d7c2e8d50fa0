#pragma once

#include <cstdint>

namespace nightshift::fleet {

// When a pattern counts as a loop. The defaults were chosen on the simulated histories in tests/sim.
struct DetectOptions {
    // The same call with the same kind of result, without progress in between.
    uint32_t same_call_min = 5;
    uint32_t same_call_min_without_result = 10;  // the kind of result is not known
    uint32_t same_call_min_polling = 24;         // the call says that it waits or asks for a status
    // A cycle of two to four calls.
    uint32_t ping_pong_cycles_min = 4;
    // Failures of one class without success.
    uint32_t same_error_min = 5;
    uint32_t same_error_min_varied = 10;     // the arguments differ each time
    uint32_t same_error_backoff_factor = 4;  // retries that back off may try so many times more often
    // Calls that were all made before.
    uint32_t known_calls_window = 24;
    double known_calls_ratio = 0.9;
    uint64_t known_calls_tokens_min = 100'000;
    // Tokens a minute against the agent's own past.
    double velocity_mads = 8;
    double velocity_factor = 4;
    uint64_t velocity_tokens_min = 50'000;
    uint32_t velocity_minutes = 3;
    uint32_t velocity_history_min = 30;

    // Repetitions with at least so much rest between them are polling, not a loop.
    uint32_t rest_ms = 15'000;
    uint32_t rest_polling_ms = 2'000;  // where the call's own text speaks of waiting

    // Silence in open work.
    int64_t stalled_after_us = 5 * 60'000'000ll;
    int stalled_unknown_factor = 3;  // for a tool that is not known well enough to have a p99
    double stalled_patience = 3;
    uint32_t stalled_history_min = 8;

    // A detection ends after so many new calls in a row, or so much silence (or five times its own interval).
    uint32_t clear_after_novel = 2;
    int64_t clear_after_us = 2 * 60'000'000ll;
    int64_t clear_after_max_us = 3600'000'000ll;
};

}  // namespace nightshift::fleet
