#include "gateway/error_table.h"

namespace nightshift::gateway {
namespace {

Ruling before_commit(ErrorClass error_class) {
    using enum ErrorClass;
    switch (error_class) {
        case kNone:
            return {.client_status = 200};
        case kCallerError:
            return {.client_status = 0, .client_code = "invalid_request"};
        case kModelMissing:
            return {
                .fallback = Fallback::kYes, .client_status = 502, .client_code = "upstream_model_missing"};
        case kContextTooLong:
            return {.fallback = Fallback::kLargerWindow,
                    .client_status = 400,
                    .client_code = "context_length_exceeded"};
        case kContentPolicy:
            return {.fallback = Fallback::kOptIn, .client_status = 0, .client_code = "content_filter"};
        case kCredential:
            return {.tries_next_key = true,
                    .fallback = Fallback::kYes,
                    .cooldown = Cooldown::kKey,
                    .client_status = 502,
                    .client_code = "upstream_credentials_exhausted"};
        case kRateLimit:
            return {.tries_next_key = true,
                    .fallback = Fallback::kYes,
                    .cooldown = Cooldown::kRetryAfter,
                    .client_status = 429,
                    .client_code = "rate_limit_exceeded"};
        case kOverloaded:
            return {.fallback = Fallback::kYes,
                    .cooldown = Cooldown::kRetryAfter,
                    .client_status = 503,
                    .client_code = "upstream_overloaded"};
        case kQuotaExhausted:
            return {.tries_next_key = true,
                    .fallback = Fallback::kYes,
                    .cooldown = Cooldown::kQuota,
                    .client_status = 429,
                    .client_code = "insufficient_quota"};
        case kTransient:
            return {.retries_same = true,
                    .fallback = Fallback::kYes,
                    .counts_for_breaker = true,
                    .client_status = 502,
                    .client_code = "upstream_error"};
        case kConnectTimeout:
        case kFirstTokenTimeout:
        case kIdleTimeout:
        case kTotalTimeout:
            return {.fallback = Fallback::kYes,
                    .counts_for_breaker = true,
                    .client_status = 504,
                    .client_code = "upstream_timeout"};
        case kBadAnswer:
            return {.fallback = Fallback::kYes,
                    .counts_for_breaker = true,
                    .client_status = 502,
                    .client_code = "upstream_bad_answer"};
        case kStreamBroken:
            return {.fallback = Fallback::kYes,
                    .counts_for_breaker = true,
                    .client_status = 502,
                    .client_code = "upstream_stream_broken"};
        case kClientGone:
            return {.client_status = 499, .client_code = "client_gone"};
        case kOwnLimit:
            return {.client_status = 429, .client_code = "limit_exceeded"};
    }
    return {};
}

}  // namespace

Ruling rule(ErrorClass error_class, Phase phase) {
    Ruling ruling = before_commit(error_class);
    if (phase == Phase::kAfterCommit) {
        ruling.retries_same = false;
        ruling.tries_next_key = false;
        ruling.fallback = Fallback::kNo;
    }
    return ruling;
}

}  // namespace nightshift::gateway
