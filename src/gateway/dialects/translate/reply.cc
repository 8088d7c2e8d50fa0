#include "gateway/dialects/translate/reply.h"

#include <boost/json.hpp>

#include "gateway/dialects/translate/fields.h"
#include "gateway/dialects/translate/lenient.h"
#include "gateway/dialects/translate/words.h"

namespace nightshift::gateway::translate {
namespace {

namespace json = boost::json;

Failure corrupt(std::string_view what) {
    return fail(Code::kCorrupt, "the answer cannot be translated: {}", what);
}

Result<ReplyCall> chat_call(const json::value& value) {
    const json::object* call = value.if_object();
    const json::object* function = call == nullptr ? nullptr : object_of(*call, "function");
    if (function == nullptr) return corrupt("a tool call without a function");
    const std::optional<std::string> arguments = json_object_text(text_of(*function, "arguments"));
    if (!arguments) return corrupt("a tool call whose arguments are no JSON object");
    return ReplyCall{text_of(*call, "id"), text_of(*function, "name"), *arguments};
}

void write_head(JsonWriter& json, const Reply& reply, std::string_view object) {
    json.open_object().text("id", reply.id).text("object", object).integer("created", reply.created_s);
    json.text("model", reply.model);
}

}  // namespace

Result<Reply> read_chat_reply(const json::object& body) {
    const json::array* choices = array_of(body, "choices");
    const json::object* choice =
        choices == nullptr || choices->empty() ? nullptr : choices->front().if_object();
    const json::object* message = choice == nullptr ? nullptr : object_of(*choice, "message");
    if (message == nullptr) return corrupt("it has no message");
    Reply reply;
    reply.text = text_of(*message, "content") + text_of(*message, "refusal");
    reply.reasoning = text_of(*message, "reasoning_content");
    if (reply.reasoning.empty()) reply.reasoning = text_of(*message, "reasoning");
    const json::array* calls = array_of(*message, "tool_calls");
    for (size_t i = 0; calls != nullptr && i < calls->size(); ++i) {
        NS_TRY(ReplyCall call, chat_call((*calls)[i]));
        reply.calls.push_back(std::move(call));
    }
    return reply;
}

Result<Reply> read_messages_reply(const json::object& body) {
    const json::array* content = array_of(body, "content");
    if (content == nullptr) return corrupt("it has no content");
    Reply reply;
    for (const json::value& each : *content) {
        const json::object* block = each.if_object();
        if (block == nullptr) return corrupt("a block that is no object");
        const std::string type = text_of(*block, "type");
        if (type == "text") {
            reply.text += text_of(*block, "text");
        } else if (type == "thinking") {
            reply.reasoning += text_of(*block, "thinking");
        } else if (type == "tool_use") {
            const json::object* input = object_of(*block, "input");
            reply.calls.push_back(
                {text_of(*block, "id"), text_of(*block, "name"), input == nullptr ? "{}" : to_json(*input)});
        } else if (type != "redacted_thinking") {
            return corrupt(fmt::format("a block of type {}", type));
        }
    }
    return reply;
}

Result<Reply> read_ollama_reply(const json::object& body) {
    const json::object* message = object_of(body, "message");
    if (message == nullptr) return corrupt("it has no message");
    Reply reply;
    reply.text = text_of(*message, "content");
    reply.reasoning = text_of(*message, "thinking");
    const json::array* calls = array_of(*message, "tool_calls");
    for (size_t i = 0; calls != nullptr && i < calls->size(); ++i) {
        const json::object* call = (*calls)[i].if_object();
        const json::object* function = call == nullptr ? nullptr : object_of(*call, "function");
        if (function == nullptr) return corrupt("a tool call without a function");
        const json::object* arguments = object_of(*function, "arguments");
        reply.calls.push_back({fmt::format("call_{}", i), text_of(*function, "name"),
                               arguments == nullptr ? "{}" : to_json(*arguments)});
    }
    return reply;
}

std::string write_chat_reply(const Reply& reply) {
    std::string body;
    JsonWriter json(body);
    write_head(json, reply, "chat.completion");
    json.key("choices").open_array().open_object().integer("index", 0).key("message").open_object();
    json.text("role", "assistant");
    if (reply.text.empty() && !reply.calls.empty())
        json.null("content");
    else
        json.text("content", reply.text);
    json.null("refusal");
    if (!reply.reasoning.empty()) json.text("reasoning_content", reply.reasoning);
    if (!reply.calls.empty()) {
        json.key("tool_calls").open_array();
        for (const ReplyCall& call : reply.calls) {
            json.open_object().text("id", call.id).text("type", "function").key("function").open_object();
            json.text("name", call.name).text("arguments", call.arguments).close_object().close_object();
        }
        json.close_array();
    }
    json.close_object().null("logprobs").text("finish_reason", chat_finish_word(reply.finish));
    json.close_object().close_array().key("usage");
    write_chat_usage(json, reply.usage);
    json.close_object();
    return body;
}

std::string write_messages_reply(const Reply& reply) {
    std::string body;
    JsonWriter json(body);
    json.open_object()
        .text("id", reply.id)
        .text("type", "message")
        .text("role", "assistant")
        .text("model", reply.model);
    json.key("content").open_array();
    if (!reply.reasoning.empty()) {
        json.open_object()
            .text("type", "thinking")
            .text("thinking", reply.reasoning)
            .text("signature", "")
            .close_object();
    }
    if (!reply.text.empty()) json.open_object().text("type", "text").text("text", reply.text).close_object();
    for (const ReplyCall& call : reply.calls) {
        json.open_object().text("type", "tool_use").text("id", call.id).text("name", call.name);
        json.raw("input", call.arguments).close_object();
    }
    json.close_array()
        .text("stop_reason", messages_stop_reason(reply.finish))
        .null("stop_sequence")
        .key("usage");
    write_messages_usage(json, reply.usage);
    json.close_object();
    return body;
}

std::string write_ollama_reply(const Reply& reply) {
    std::string body;
    JsonWriter json(body);
    json.open_object().text("model", reply.model).text("created_at", moment(reply.created_s));
    json.key("message").open_object().text("role", "assistant").text("content", reply.text);
    if (!reply.reasoning.empty()) json.text("thinking", reply.reasoning);
    if (!reply.calls.empty()) {
        json.key("tool_calls").open_array();
        for (const ReplyCall& call : reply.calls) {
            json.open_object()
                .key("function")
                .open_object()
                .text("name", call.name)
                .raw("arguments", call.arguments);
            json.close_object().close_object();
        }
        json.close_array();
    }
    json.close_object().boolean("done", true).text("done_reason", ollama_done_reason(reply.finish));
    write_ollama_counts(json, reply.usage);
    json.close_object();
    return body;
}

}  // namespace nightshift::gateway::translate
