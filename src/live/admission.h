#pragma once

#include <chrono>
#include <cstdint>

#include "live/types.h"

namespace nightshift::live {

// How many may connect per second, and when the others come back: a token bucket of one second's worth. Pure.
class Admission {
public:
    explicit Admission(uint32_t per_second);

    // Zero: come in. Otherwise the time after which to try again. The refused are spread over as long as
    // admitting all of them takes, at least half a second; `jitter` in [0, 1) picks the place of this one.
    std::chrono::milliseconds admit(Instant now, double jitter);

private:
    void refill(Instant now);

    double per_second_;
    double tokens_;
    double waiting_ = 0;  // refused lately; falls at the rate at which they are let in
    Instant refilled_at_{};
};

// The time after which one of `clients` is to come back when all are sent away at once.
std::chrono::milliseconds spread_return(uint64_t clients, uint32_t per_second, double jitter);

}  // namespace nightshift::live
