#include "gateway/providers/rate_limits.h"

namespace nightshift::gateway {

// x-ratelimit-{limit,remaining,reset}-{requests,tokens}, both a minute's; reset as "6s", "1m2.5s", "42ms".
// Many compatible servers send the same.
RateLimits openai_rate_limits(HeaderFields headers) {
    return {read_limit(headers, "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
                       "x-ratelimit-reset-requests"),
            read_limit(headers, "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
                       "x-ratelimit-reset-tokens")};
}

}  // namespace nightshift::gateway
