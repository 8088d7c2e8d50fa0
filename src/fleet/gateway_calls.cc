#include "fleet/gateway_calls.h"

namespace nightshift::fleet {

using recorder::CallKeys;
using recorder::Event;

void GatewayCalls::remember(const Event& event, int64_t received_us) {
    const bool is_call = event.kind == recorder::Kind::kModelCall && event.source == "gateway";
    if (!is_call || event.input_tokens + event.output_tokens == 0) return;
    if (calls_.size() == kCallsMax) {
        for (uint64_t key : calls_.front().keys.values()) {
            auto known = numbers_.find(key);
            if (known != numbers_.end() && known->second == first_) numbers_.erase(known);
        }
        calls_.pop_front();
        ++first_;
    }
    GatewayCall call;
    call.keys = CallKeys::of_gateway(event);
    call.tenant = event.tenant;
    call.agent = event.agent;
    call.session = event.session;
    call.input_tokens = event.input_tokens;
    call.cache_read_tokens = event.cache_read_tokens;
    call.cache_write_tokens = event.cache_write_tokens;
    call.output_tokens = event.output_tokens;
    call.reasoning_tokens = event.reasoning_tokens;
    call.cost_nano_usd = event.cost_nano_usd;
    call.cost_source = event.cost_source;
    call.received_us = received_us;
    for (uint64_t key : call.keys.values()) numbers_[key] = first_ + calls_.size();
    calls_.push_back(std::move(call));
}

std::optional<GatewayCall> GatewayCalls::take(const Event& told) {
    if (!recorder::is_counted_elsewhere(told)) return std::nullopt;
    const CallKeys keys = CallKeys::of_caller(told);
    for (uint64_t key : keys.values()) {
        auto number = numbers_.find(key);
        if (number == numbers_.end()) continue;
        GatewayCall& call = calls_[number->second - first_];
        if (call.is_taken) return std::nullopt;
        call.is_taken = true;
        return call;
    }
    return std::nullopt;
}

}  // namespace nightshift::fleet
