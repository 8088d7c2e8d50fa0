#pragma once

#include <chrono>
#include <cstdint>

#include "gateway/breaker.h"

namespace nightshift::gateway {

// How many retries a provider may be given: a tenth of its requests and three a second, so that an outage is
// not multiplied by those who hope. Pure; not safe from two threads.
class RetryBudget {
public:
    static constexpr double kShare = 0.1;
    static constexpr double kPerSecond = 3;
    static constexpr double kTokensMax = 30;

    // Takes one retry, when there is one. `requests_total`: how many requests the provider has had.
    bool take(Instant now, uint64_t requests_total);

private:
    double tokens_ = kPerSecond;
    bool is_started_ = false;
    Instant seen_at_{};
    uint64_t requests_seen_ = 0;
};

}  // namespace nightshift::gateway
