#include "gateway/dialects/render.h"

#include "gateway/dialects/error_shape.h"
#include "gateway/dialects/translate/words.h"

namespace nightshift::gateway {
namespace {

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

void write_ollama_model(JsonWriter& json, const ModelListing& model, int64_t now_s) {
    json.open_object()
        .text("name", model.name)
        .text("model", model.name)
        .text("modified_at", translate::moment(now_s));
    json.integer("size", 0).text("digest", "").key("details").open_object();
    json.text("format", "").text("family", "").key("families").open_array().close_array();
    json.text("parameter_size", "").text("quantization_level", "").close_object().close_object();
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

void write_openai_error(JsonWriter& json, const ClientError& error) {
    json.open_object().text("message", error.message).text("type", openai_type(error));
    json.text_or_null("param", error.param).text_or_null("code", error.code).close_object();
}

std::string render_error(Dialect client, const ClientError& error) {
    std::string out;
    JsonWriter json(out);
    json.open_object();
    if (client == Dialect::kOllamaChat || client == Dialect::kOllamaTags) {
        json.text("error", error.message);
    } else if (client == Dialect::kMessages) {
        json.text("type", "error").key("error").open_object();
        json.text("type", messages_error_type(error.status)).text("message", error.message);
        if (!error.code.empty())
            json.key("details").open_object().text("error_code", error.code).close_object();
        json.close_object().text_or_null("request_id", error.request_id);
    } else {
        write_openai_error(json.key("error"), error);
    }
    json.close_object();
    return out;
}

std::string_view stream_content_type(Dialect client) {
    return client == Dialect::kOllamaChat ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
}

std::string render_models(Dialect client, std::span<const ModelListing> models, int64_t now_s) {
    std::string out;
    JsonWriter json(out);
    json.open_object();
    if (client == Dialect::kOllamaTags) {
        json.key("models").open_array();
        for (const ModelListing& model : models) write_ollama_model(json, model, now_s);
    } else {
        json.text("object", "list").key("data").open_array();
        for (const ModelListing& model : models) {
            json.open_object().text("id", model.name).text("object", "model").integer("created", now_s);
            json.text("owned_by", model.owner);
            if (model.context_window > 0) json.integer("context_window", model.context_window);
            json.close_object();
        }
    }
    json.close_array().close_object();
    return out;
}

}  // namespace nightshift::gateway
