#include "base/text.h"
#include "gateway/dialects/retry_after.h"
#include "gateway/providers/rate_limits.h"

namespace nightshift::gateway {
namespace {

RateLimit moment_limit(HeaderFields headers, std::string_view what,
                       std::chrono::system_clock::time_point now) {
    auto value = [&](std::string_view part) {
        return trim(find_header(headers, fmt::format("anthropic-ratelimit-{}-{}", what, part)));
    };
    return {parse_int(value("limit")), parse_int(value("remaining")), until_rfc3339(value("reset"), now)};
}

}  // namespace

// Resets are RFC 3339 moments. Input and output have limits of their own beside that of both together: the
// one with the smallest share left is the one that will refuse first.
RateLimits anthropic_rate_limits(HeaderFields headers, std::chrono::system_clock::time_point now) {
    RateLimits limits{moment_limit(headers, "requests", now), moment_limit(headers, "tokens", now)};
    auto share = [](const RateLimit& limit) {
        if (!limit.limit || !limit.remaining || *limit.limit <= 0) return 2.0;  // says nothing
        return static_cast<double>(*limit.remaining) / static_cast<double>(*limit.limit);
    };
    for (std::string_view what : {"input-tokens", "output-tokens"}) {
        const RateLimit other = moment_limit(headers, what, now);
        if (share(other) < share(limits.tokens)) limits.tokens = other;
    }
    return limits;
}

}  // namespace nightshift::gateway
