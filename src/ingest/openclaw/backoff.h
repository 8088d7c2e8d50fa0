#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/random.h"

namespace nightshift::ingest::openclaw {

// When to try again: full jitter below a limit that doubles from 0.5 s to 30 s, so that many clients of one
// gateway do not come back together. A connection that held for 30 s starts it over.
class Backoff {
public:
    explicit Backoff(Random random) : random_(random) {}

    // `at_least` is what the gateway asked for.
    milliseconds next(milliseconds at_least);
    // After a refusal that only an operator can repair: between 15 and 30 s.
    milliseconds slow();
    void held_for(milliseconds duration);

private:
    Random random_;
    int failures_ = 0;
};

}  // namespace nightshift::ingest::openclaw
