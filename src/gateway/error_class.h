#pragma once

#include <string_view>

namespace nightshift::gateway {

// Why an attempt at a provider failed, in the terms that decide what happens next: same key again, next key,
// next target, or the answer as it is. One row of the error table each.
enum class ErrorClass {
    kNone,
    kCallerError,     // 400, 404, 413, 422: the same request fails everywhere; never replayed
    kModelMissing,    // the provider does not have (any more) the model that the target names: our error, not
                      // the caller's
    kContextTooLong,  // only a target with a larger window can help
    kContentPolicy,   // refused for what it says
    kCredential,      // 401, 402, 403: this key, not this provider
    kRateLimit,       // 429, Groq's 498: later, or elsewhere now
    kOverloaded,      // Anthropic's 529 and its like: treated as a rate limit without a key's guilt
    kQuotaExhausted,  // 429 that no waiting of seconds cures
    kTransient,       // 5xx, refused, reset, TLS, DNS
    kConnectTimeout,  // no connection in time
    kFirstTokenTimeout,  // no head, or no content, in time
    kIdleTimeout,        // the stream stopped flowing
    kTotalTimeout,
    kBadAnswer,     // a 200 that is empty, garbage, or an error without a class of its own
    kStreamBroken,  // cut, or ended without saying so, after the client had content
    kClientGone,    // nobody's fault: counts for nothing
    kOwnLimit,      // our budget, rate limit or loop stop: never a reason to fall back
};

// "rate_limit", "context_too_long" …: the word in events, headers and answers.
std::string_view to_string(ErrorClass error_class);

}  // namespace nightshift::gateway
