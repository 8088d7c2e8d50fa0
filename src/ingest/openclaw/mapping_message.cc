// Messages of transcripts -> model calls with their tokens and cost (the signal of record), and messages.
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "ingest/openclaw/error_class.h"
#include "ingest/openclaw/json.h"
#include "ingest/openclaw/mapping.h"

namespace nightshift::ingest::openclaw {

using recorder::CostSource;
using recorder::Event;
using recorder::EventBatch;
using recorder::Kind;
using recorder::Status;

namespace json = boost::json;

namespace {

// More than any model call can use; a larger number is damage, not usage.
constexpr int64_t kTokensMax = 1'000'000'000;
constexpr double kCostUsdMax = 1e6;

uint64_t tokens(const json::object& usage, std::string_view key) {
    return static_cast<uint64_t>(std::clamp<int64_t>(number(usage, key), 0, kTokensMax));
}

void set_usage(Event& event, const json::object& usage) {
    event.cache_read_tokens = tokens(usage, "cacheRead");
    event.cache_write_tokens = tokens(usage, "cacheWrite");
    event.input_tokens = tokens(usage, "input") + event.cache_read_tokens + event.cache_write_tokens;
    event.output_tokens = tokens(usage, "output");
    event.reasoning_tokens = tokens(usage, "reasoningTokens");
    // A cost of zero means that the gateway has no price for the model, not that it was free.
    double cost = real(child(usage, "cost"), "total");
    if (cost <= 0 || cost > kCostUsdMax) return;
    event.cost_nano_usd = std::llround(cost * 1e9);
    event.cost_source = CostSource::kReported;
}

std::string serialized(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found == nullptr ? std::string() : json::serialize(*found);
}

}  // namespace

void Mapper::session_message(const json::object& payload, EventBatch& out) {
    const json::object& body = child(payload, "message");
    MessageId id;
    id.session_id = text(payload, "sessionId");
    std::string session = canonical(text(payload, "sessionKey"), id.session_id);
    id.session = session;
    id.message = text(payload, "messageId");
    id.run = text(payload, "runId");
    message(id, body, out);
}

void Mapper::message(const MessageId& given, const json::object& message, EventBatch& out) {
    const json::object& own = child(message, "__openclaw");
    MessageId id = given;
    if (id.message.empty()) id.message = text(own, "id");
    if (id.run.empty()) id.run = text(own, "runId");
    std::string current_run;
    if (const Session* session = sessions_.find(id.session); id.run.empty() && session != nullptr) {
        current_run = session->run;
        id.run = current_run;
    }
    if (id.message.empty()) return;

    std::string_view role = text(message, "role");
    if (role == "assistant" && has(message, "usage")) return model_call(id, message, out);
    if (role == "custom") return nested_tools(id, message, out);
    if (role == "toolResult") {
        ToolResult result;
        result.session = id.session;
        result.run = id.run;
        result.call = text(message, "toolCallId");
        result.name = text(message, "toolName");
        result.end_ms = number(message, "timestamp");
        result.is_error = flag(message, "isError");
        return tool_finished(result, message, out);
    }
    if (role != "user" && role != "assistant") return;
    Event event = fact(Kind::kMessage, id.session, {}, number(message, "timestamp"));
    std::string event_id_text = event_id("message", fmt::format("{}/{}", id.session, id.message));
    event.id = event_id_text;
    event.turn = id.run;
    // The text a cron job gives its agent comes as an assistant message without usage.
    event.name = role == "user" ? "user" : "cron_prompt";
    event.status = Status::kOk;
    std::string content;
    if (options_.keep_content) {
        ObjectWriter writer;
        writer.add_json("input", serialized(message, "content"));
        content = options_.redact(writer.take());
        event.content = content;
    }
    emit(event, out);
}

void Mapper::model_call(const MessageId& id, const json::object& message, EventBatch& out) {
    note_tool_calls(id, message);
    int64_t started = number(message, "timestamp");
    int64_t ended = number(child(message, "__openclaw"), "recordTimestampMs");
    std::string failure;
    Event event = fact(Kind::kModelCall, id.session, {}, started);
    if (Run* run = runs_.find(id.run)) {
        if (run->first_delta_ms >= started) event.ttft_us = (run->first_delta_ms - started) * 1000;
        if (ended == 0 && run->last_delta_ms >= started) ended = run->last_delta_ms;
        failure = run->last_class;
        run->first_delta_ms = 0;
        run->last_delta_ms = 0;
    }
    std::string event_id_text = event_id("message", fmt::format("{}/{}", id.session, id.message));
    event.id = event_id_text;
    event.name = "chat";
    event.turn = id.run;
    if (ended >= started && started > 0) event.duration_us = (ended - started) * 1000;
    event.provider = text(message, "provider");
    event.model = text(message, "model");
    set_usage(event, child(message, "usage"));

    std::string_view stop_reason = text(message, "stopReason");
    std::string_view error = text(message, "errorMessage");
    event.status = Status::kOk;
    if (stop_reason == "aborted") event.status = Status::kCancelled;
    if (stop_reason == "error") {
        event.status = Status::kError;
        if (!error.empty()) failure = classify_error(error);
        event.error_type = failure.empty() ? "unknown" : std::string_view(failure);
    }
    ObjectWriter attributes;
    attributes.add("stop_reason", stop_reason);
    attributes.add("response_id", text(message, "responseId"));
    attributes.add("api", text(message, "api"));
    attributes.add("session_id", id.session_id);
    attributes.add("error", prose(error));
    std::string written = attributes.take();
    event.attributes = written;
    std::string content;
    if (options_.keep_content) {
        ObjectWriter writer;
        writer.add_json("output", serialized(message, "content"));
        content = options_.redact(writer.take());
        event.content = content;
    }
    emit(event, out);
}

void Mapper::note_tool_calls(const MessageId& id, const json::object& message) {
    int64_t when = number(child(message, "__openclaw"), "recordTimestampMs", number(message, "timestamp"));
    for (const json::value& item : items(message, "content")) {
        const json::object& call = as_object(item);
        if (text(call, "type") != "toolCall") continue;
        tool_started(id.session, text(call, "id"), text(call, "name"), call.if_contains("arguments"), when);
    }
}

// Tools that other tools called, kept in transcripts as pairs of call and result.
void Mapper::nested_tools(const MessageId& id, const json::object& message, EventBatch& out) {
    if (text(message, "customType") != "openclaw.nested-tool.v1") return;
    for (const json::value& item : items(message, "content")) {
        const json::object& part = as_object(item);
        if (text(part, "type") == "toolCall") {
            tool_started(id.session, text(part, "id"), text(part, "name"), part.if_contains("arguments"),
                         number(part, "timestamp"));
        } else if (text(part, "type") == "toolResult") {
            ToolResult result;
            result.session = id.session;
            result.run = id.run;
            result.call = text(part, "toolCallId");
            result.name = text(part, "toolName");
            result.parent_call = text(part, "parentToolCallId");
            result.end_ms = number(part, "timestamp");
            result.is_error = flag(part, "isError");
            tool_finished(result, part, out);
        }
    }
}

}  // namespace nightshift::ingest::openclaw
