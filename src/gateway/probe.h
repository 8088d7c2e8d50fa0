#pragma once

#include <string>
#include <vector>

#include "gateway/shard.h"
#include "io/task.h"

namespace nightshift::gateway {

// What a real call of one token to one target, with one key, came to.
struct ProbeResult {
    std::string route;
    std::string provider;
    std::string model;
    size_t key = 0;
    ErrorClass error_class = ErrorClass::kNone;
    int status = 0;
    std::string message;  // of the failure, without keys
    std::chrono::microseconds took{0};
    Usage usage;
};

// Calls every target of the route (or of all, when it is ""), one after the other, for the tenant of
// `caller`. Its lanes hear of the outcome; the calls are booked like any other. A target whose model is "*"
// is left out.
Task<std::vector<ProbeResult>> probe_targets(Shard& shard, std::string route, Caller caller);

// For ever: sends such a call to each target that had none for Settings::probe_idle, so that a fallback whose
// key has died is known before it is needed. On the shard's loop; cancelled with its task group.
Task<> watch_idle_targets(Shard& shard, Caller caller);

}  // namespace nightshift::gateway
