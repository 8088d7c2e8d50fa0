#pragma once

#include <vector>

#include "gateway/dialects/dialect.h"

// What we say ourselves to a client, in its own dialect.
namespace nightshift::gateway {

struct ClientError {
    int status = 502;
    std::string_view code;     // "loop_detected", "model_not_found", "upstream_credentials_exhausted" …
    std::string_view message;  // for the person who reads the client's log
    std::string_view request_id;
    std::string_view param;  // the field at fault, or ""
};

// The body of an error answer; its content type is application/json in every dialect.
std::string render_error(Dialect client, const ClientError& error);

// "text/event-stream; charset=utf-8" or "application/x-ndjson".
std::string_view stream_content_type(Dialect client);

struct ModelListing {
    std::string_view name;
    std::string_view owner;
    int64_t context_window = 0;  // 0: not known
};
// For kModels and kOllamaTags. `now_s`: their creation time.
std::string render_models(Dialect client, std::span<const ModelListing> models, int64_t now_s);

}  // namespace nightshift::gateway
