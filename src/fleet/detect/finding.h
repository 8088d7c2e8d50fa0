#pragma once

#include <cstdint>
#include <string>

#include "fleet/types.h"

namespace nightshift::fleet {

// What one detector saw in a history: a detection before it has an identity and a response.
struct Finding {
    DetectionKind kind = DetectionKind::kSameCall;
    uint64_t key = 0;      // the same pattern has the same key
    int64_t since_us = 0;  // start of the first repetition
    int64_t last_us = 0;
    uint32_t count = 0;       // repetitions, cycles, failures, minutes
    int64_t interval_us = 0;  // from one to the next, about
    uint64_t tokens_before = 0;
    int64_t cost_before_nano_usd = 0;
    std::string signature;
    std::string what;  // the first half of the explanation
};

}  // namespace nightshift::fleet
