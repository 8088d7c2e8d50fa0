#pragma once

#include "gateway/dialects/answer.h"

// What each provider says of its limits, one file each.
namespace nightshift::gateway {

RateLimits openai_rate_limits(HeaderFields headers);
RateLimits cerebras_rate_limits(HeaderFields headers);
RateLimits anthropic_rate_limits(HeaderFields headers, std::chrono::system_clock::time_point now);

// One limit of three headers whose values are plain numbers and a duration.
RateLimit read_limit(HeaderFields headers, std::string_view limit, std::string_view remaining,
                     std::string_view reset);

}  // namespace nightshift::gateway
