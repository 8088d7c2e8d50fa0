#include "gateway/error_class.h"

namespace nightshift::gateway {

std::string_view to_string(ErrorClass error_class) {
    switch (error_class) {
        case ErrorClass::kNone:
            return "none";
        case ErrorClass::kCallerError:
            return "caller_error";
        case ErrorClass::kModelMissing:
            return "model_missing";
        case ErrorClass::kContextTooLong:
            return "context_too_long";
        case ErrorClass::kContentPolicy:
            return "content_policy";
        case ErrorClass::kCredential:
            return "credential";
        case ErrorClass::kRateLimit:
            return "rate_limit";
        case ErrorClass::kOverloaded:
            return "overloaded";
        case ErrorClass::kQuotaExhausted:
            return "quota_exhausted";
        case ErrorClass::kTransient:
            return "transient";
        case ErrorClass::kConnectTimeout:
            return "connect_timeout";
        case ErrorClass::kFirstTokenTimeout:
            return "first_token_timeout";
        case ErrorClass::kIdleTimeout:
            return "idle_timeout";
        case ErrorClass::kTotalTimeout:
            return "total_timeout";
        case ErrorClass::kBadAnswer:
            return "bad_answer";
        case ErrorClass::kStreamBroken:
            return "stream_broken";
        case ErrorClass::kClientGone:
            return "client_gone";
        case ErrorClass::kOwnLimit:
            return "own_limit";
    }
    return "none";
}

}  // namespace nightshift::gateway
