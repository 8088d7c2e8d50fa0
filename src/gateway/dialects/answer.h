#pragma once

#include <chrono>

#include "gateway/dialects/dialect.h"
#include "gateway/error_class.h"

// What came back from an upstream: an answer, or one of the many ways to say no.
namespace nightshift::gateway {

struct HeaderField {
    std::string_view name;  // any case
    std::string_view value;
};
using HeaderFields = std::span<const HeaderField>;
// The first value of that name, or "". Names compare without case.
std::string_view find_header(HeaderFields headers, std::string_view name);

// A failure as the upstream tells it.
struct UpstreamError {
    ErrorClass error_class = ErrorClass::kNone;
    int status = 0;       // HTTP status; that of the error itself when it came inside a 200 and says one
    std::string code;     // "rate_limit_exceeded", "overloaded_error" …, or ""
    std::string message;  // bounded, valid UTF-8; for the operator, and for the client when it is passed on
    // How long the provider asks to wait: retry-after-ms, retry-after (seconds or a date), the reset header
    // of the limit that ran out, or "try again in 5.289s" in the text.
    std::optional<std::chrono::milliseconds> retry_after;
};

// An answer with a status other than 2xx. `now` is the wall clock, for headers that give a moment.
UpstreamError classify_error(ProviderKind kind, int status, HeaderFields headers, std::string_view body,
                             std::chrono::system_clock::time_point now);

// The whole body of a 200.
struct Answer {
    Usage usage;
    Finish finish = Finish::kNone;
    std::string response_id;
    std::string model;
    size_t content_bytes = 0;  // of text, reasoning and tool arguments: what an estimate is made from
    // Set when this is no answer: empty, not JSON, another shape (kBadAnswer), or an error inside a 200 (its
    // class).
    std::optional<UpstreamError> error;
};
Answer read_answer(ProviderKind kind, Dialect upstream, std::string_view body);

// What a provider says of its limits beside each answer; read before the next request is sent.
struct RateLimit {
    std::optional<int64_t> limit;
    std::optional<int64_t> remaining;
    std::optional<std::chrono::milliseconds> reset_in;
};
struct RateLimits {
    RateLimit requests;
    RateLimit tokens;  // of input and output together, or the tighter of both
};
// One file a provider in gateway/providers/.
RateLimits read_rate_limits(ProviderKind kind, HeaderFields headers,
                            std::chrono::system_clock::time_point now);

}  // namespace nightshift::gateway
