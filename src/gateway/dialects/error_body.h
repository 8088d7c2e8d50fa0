#pragma once

#include "gateway/dialects/answer.h"

namespace nightshift::gateway {

// What the body of an error says, in whatever shape its vendor gives it.
struct ErrorBody {
    int status = 0;  // when the body says one
    std::string type;
    std::string code;
    std::string message;
    std::string details;  // a sub-code: Anthropic's details.error_code, OpenRouter's metadata
};

// Of an object (or an array of one) with `error`, `message` or `detail`. Nothing for JSON that tells of no
// error, and for what is not JSON.
std::optional<ErrorBody> read_error_body(std::string_view json);

// The class by status and words; `status` 0 when only the body speaks, inside a 200.
ErrorClass classify(ProviderKind kind, int status, const ErrorBody& body);

// A wait told in words: see retry_after.h for those in headers.
std::optional<std::chrono::milliseconds> retry_hint(std::string_view message);

// An error told inside a 200.
UpstreamError error_inside_answer(ProviderKind kind, const ErrorBody& body);
// A 200 that is no answer.
UpstreamError bad_answer(std::string_view why, std::string_view body);

}  // namespace nightshift::gateway
