#include "gateway/providers/rate_limits.h"

namespace nightshift::gateway {

// Names of its own; reset in plain seconds with a fraction.
RateLimits cerebras_rate_limits(HeaderFields headers) {
    return {read_limit(headers, "x-ratelimit-limit-requests-day", "x-ratelimit-remaining-requests-day",
                       "x-ratelimit-reset-requests-day"),
            read_limit(headers, "x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute",
                       "x-ratelimit-reset-tokens-minute")};
}

}  // namespace nightshift::gateway
