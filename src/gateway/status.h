#pragma once

#include <boost/json/fwd.hpp>

#include <string_view>
#include <vector>

#include "gateway/limits.h"
#include "gateway/shard.h"

// What people see of the gateway, as JSON; docs/gateway.md says what each member means.
namespace nightshift::gateway {

// Whether a limit's subject is this tenant, or something of its.
bool belongs_to(std::string_view subject, std::string_view tenant);

// What all loops have seen together.
ShardStats merge(const std::vector<ShardStats>& all);

// `tenant` sees only its own budgets and fallbacks.
boost::json::object status_json(const Plan& plan, const ShardStats& stats, const Limits* limits,
                                std::string_view tenant, Instant now, Time wall);

// In which order a call of `model` with about so many input tokens would try its targets now, and what stands
// against each. kNotFound without a route.
Result<boost::json::object> explain_json(const Plan& plan, std::string_view model, int64_t input_tokens,
                                         Instant now);

}  // namespace nightshift::gateway
