#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "recorder/counted_calls.h"
#include "recorder/event.h"

namespace nightshift::fleet {

// What a call used, and the names under which the gateway recorded it.
struct GatewayCall {
    recorder::CallKeys keys;
    std::string tenant;
    std::string agent;
    std::string session;
    uint64_t input_tokens = 0;
    uint64_t cache_read_tokens = 0;
    uint64_t cache_write_tokens = 0;
    uint64_t output_tokens = 0;
    uint64_t reasoning_tokens = 0;
    int64_t cost_nano_usd = 0;
    recorder::CostSource cost_source = recorder::CostSource::kNone;
    int64_t received_us = 0;
    bool is_taken = false;
};

// The gateway's last calls, so that their tokens can be given to the session that made them once it says so:
// the gateway itself often knows no more of a caller than its token. Pure; bounded by kCallsMax.
class GatewayCalls {
public:
    static constexpr size_t kCallsMax = 8192;

    // Of any event; only the gateway's calls are kept.
    void remember(const recorder::Event& event, int64_t received_us);
    // The call that `told` tells again. Once: of several that tell it, the first has it.
    std::optional<GatewayCall> take(const recorder::Event& told);

private:
    std::deque<GatewayCall> calls_;
    uint64_t first_ = 0;  // number of calls_.front()
    std::unordered_map<uint64_t, uint64_t> numbers_;
};

}  // namespace nightshift::fleet
