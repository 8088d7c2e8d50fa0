#include "gateway/dialects/render.h"

#include <ctime>

#include "base/text.h"
#include "gateway/dialects/error_shape.h"

namespace nightshift::gateway {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "\"{}\":", name);
    append_json_string(out, value);
}

void append_member_or_null(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty())
        fmt::format_to(std::back_inserter(out), "\"{}\":null", name);
    else
        append_member(out, name, value);
}

std::string_view openai_type(const ClientError& error) {
    switch (error.status) {
        case 401:
            return "authentication_error";
        case 402:
            return error.code.empty() ? "insufficient_quota" : error.code;
        case 403:
            return "permission_error";
        case 429:
            return error.code.empty() ? "rate_limit_exceeded" : error.code;
        default:
            return error.status >= 500 ? "server_error" : "invalid_request_error";
    }
}

// RFC 3339, for Ollama.
std::string moment(int64_t now_s) {
    const time_t seconds = now_s;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

std::string_view messages_error_type(int status) {
    switch (status) {
        case 401:
            return "authentication_error";
        case 402:
            return "billing_error";
        case 403:
            return "permission_error";
        case 404:
            return "not_found_error";
        case 413:
            return "request_too_large";
        case 429:
            return "rate_limit_error";
        case 504:
            return "timeout_error";
        case 529:
            return "overloaded_error";
        default:
            return status >= 500 ? "api_error" : "invalid_request_error";
    }
}

std::string openai_error_object(const ClientError& error) {
    std::string out = "{";
    append_member(out, "message", error.message);
    out += ',';
    append_member(out, "type", openai_type(error));
    out += ',';
    append_member_or_null(out, "param", error.param);
    out += ',';
    append_member_or_null(out, "code", error.code);
    return out += '}';
}

std::string render_error(Dialect client, const ClientError& error) {
    std::string out;
    if (client == Dialect::kOllamaChat || client == Dialect::kOllamaTags) {
        out = "{";
        append_member(out, "error", error.message);
        return out += '}';
    }
    if (client != Dialect::kMessages) return "{\"error\":" + openai_error_object(error) + "}";
    out = "{\"type\":\"error\",\"error\":{";
    append_member(out, "type", messages_error_type(error.status));
    out += ',';
    append_member(out, "message", error.message);
    if (!error.code.empty()) {
        out += ",\"details\":{";
        append_member(out, "error_code", error.code);
        out += '}';
    }
    out += "},";
    append_member_or_null(out, "request_id", error.request_id);
    return out += '}';
}

std::string_view stream_content_type(Dialect client) {
    return client == Dialect::kOllamaChat ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
}

std::string render_models(Dialect client, std::span<const ModelListing> models, int64_t now_s) {
    const bool is_ollama = client == Dialect::kOllamaTags;
    std::string out = is_ollama ? "{\"models\":[" : "{\"object\":\"list\",\"data\":[";
    bool is_first = true;
    for (const ModelListing& model : models) {
        if (!is_first) out += ',';
        is_first = false;
        out += '{';
        if (is_ollama) {
            append_member(out, "name", model.name);
            out += ',';
            append_member(out, "model", model.name);
            out += ',';
            append_member(out, "modified_at", moment(now_s));
            out +=
                R"(,"size":0,"digest":"","details":{"format":"","family":"","families":[],"parameter_size":"","quantization_level":""}})";
            continue;
        }
        append_member(out, "id", model.name);
        fmt::format_to(std::back_inserter(out), ",\"object\":\"model\",\"created\":{},", now_s);
        append_member(out, "owned_by", model.owner);
        if (model.context_window > 0) {
            fmt::format_to(std::back_inserter(out), ",\"context_window\":{}", model.context_window);
        }
        out += '}';
    }
    return out += "]}";
}

}  // namespace nightshift::gateway
