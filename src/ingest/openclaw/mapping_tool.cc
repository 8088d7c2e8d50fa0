// Tool calls: live from `session.tool`, later from transcripts.
#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "ingest/openclaw/json.h"
#include "ingest/openclaw/mapping.h"
#include "recorder/signature.h"

namespace nightshift::ingest::openclaw {

using recorder::Event;
using recorder::EventBatch;
using recorder::Kind;
using recorder::Status;

namespace json = boost::json;

namespace {

std::string tool_key(std::string_view session, std::string_view call) {
    return fmt::format("{}/{}", session, call);
}

std::string tool_id(std::string_view session, std::string_view call, int ordinal) {
    if (ordinal == 0) return tool_key(session, call);
    return fmt::format("{}/{}/{}", session, call, ordinal);
}

// Start and end of a call are joined by a span id, which the gateway does not have: 64 bits of FNV-1a over
// its name.
std::string span_of(std::string_view key) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    return fmt::format("{:016x}", hash);
}

// The text parts of a result, at most a few kilobytes: enough to tell results apart.
std::string result_text(const json::object& body) {
    constexpr size_t kBytesMax = 8192;
    std::string all;
    for (const json::value& item : items(body, "content")) {
        all += text(as_object(item), "text");
        if (all.size() > kBytesMax) break;
    }
    if (all.size() > kBytesMax) all.resize(truncate_utf8(all, kBytesMax).size());
    return all;
}

}  // namespace

void Mapper::session_tool(const json::object& payload, EventBatch& out) {
    const json::object& data = child(payload, "data");
    std::string session = canonical(text(payload, "sessionKey"), text(payload, "sessionId"));
    std::string_view phase = text(data, "phase");
    std::string_view call = text(data, "toolCallId");
    std::string_view name = text(data, "name");
    int64_t ts = number(payload, "ts");
    if (call.empty()) return;
    if (phase == "result") {
        ToolResult result;
        result.session = session;
        result.run = text(payload, "runId");
        result.call = call;
        result.name = name;
        result.parent_call = text(data, "parentToolCallId");
        result.end_ms = ts;
        result.is_error = flag(data, "isError");
        return tool_finished(result, child(data, "result"), out);
    }
    if (phase != "start") return;
    Tool& tool = tool_started(session, call, name, data.if_contains("args"), ts);
    tool.start_ms = ts;
    std::string key = tool_id(session, call, tool.ordinal);
    std::string span = span_of(key);
    std::string signature = tool.signature;
    Event event = fact(Kind::kToolCall, session, text(payload, "agentId"), ts);
    std::string id = event_id("tool", key + "/start");
    event.id = id;
    event.name = name;
    event.turn = text(payload, "runId");
    event.span = span;
    event.status = Status::kRunning;
    event.signature = signature;
    ObjectWriter attributes;
    attributes.add("call", tool.text);
    std::string written = attributes.take();
    event.attributes = written;
    emit(event, out);
}

Mapper::Tool& Mapper::tool_started(std::string_view session, std::string_view call, std::string_view name,
                                   const json::value* arguments, int64_t start_ms) {
    Tool& tool = tools_.at(tool_key(session, call));
    // The same id again, after its call had ended, is another call: some models count from zero in each turn.
    if (tool.is_done && start_ms > tool.end_ms) {
        tool.ordinal++;
        tool.is_done = false;
        tool.start_ms = 0;
    }
    if (tool.start_ms == 0) tool.start_ms = start_ms;
    tool.name = name;
    if (arguments != nullptr) {
        std::string written = json::serialize(*arguments);
        tool.signature = recorder::call_signature(name, written).view();
        tool.text = options_.redact(recorder::call_text(name, written));
        if (options_.keep_content) tool.arguments = std::move(written);
    }
    return tool;
}

void Mapper::tool_finished(const ToolResult& result, const json::object& body, EventBatch& out) {
    if (result.call.empty()) return;
    Tool& tool = tools_.at(tool_key(result.session, result.call));
    const json::object& details = child(body, "details");
    std::string_view detail_status = text(details, "status");
    int64_t exit_code = number(details, "exitCode");
    bool is_error =
        result.is_error || exit_code != 0 || detail_status == "failed" || detail_status == "error";
    int64_t duration_ms = number(details, "durationMs", -1);
    int64_t start = tool.start_ms;
    if (start == 0 || start > result.end_ms) start = result.end_ms - std::max<int64_t>(duration_ms, 0);
    tool.is_done = true;
    tool.end_ms = result.end_ms;

    std::string key = tool_id(result.session, result.call, tool.ordinal);
    std::string span = span_of(key);
    std::string said = result_text(body);
    Event event = fact(Kind::kToolCall, result.session, {}, start);
    std::string id = event_id("tool", key);
    event.id = id;
    event.name = result.name.empty() ? std::string_view(tool.name) : result.name;
    event.turn = result.run;
    event.span = span;
    event.duration_us = (result.end_ms - start) * 1000;
    event.status = is_error ? Status::kError : Status::kOk;
    if (is_error) event.error_type = exit_code != 0 ? "exit_code" : "tool_error";
    event.signature = tool.signature;
    recorder::Signature kind_of_result =
        recorder::result_signature({event.status, event.error_type, said, said.size()});
    event.result_signature = kind_of_result.view();
    ObjectWriter attributes;
    attributes.add("call", tool.text);
    attributes.add("tool_call_id", truncate_utf8(result.call, 200));
    attributes.add("parent_tool_call_id", truncate_utf8(result.parent_call, 200));
    if (has(details, "exitCode")) attributes.add_number("exit_code", exit_code);
    if (duration_ms >= 0) attributes.add_number("own_duration_ms", duration_ms);
    std::string written = attributes.take();
    event.attributes = written;
    std::string content;
    if (options_.keep_content) {
        ObjectWriter writer;
        writer.add_json("arguments", tool.arguments);
        writer.add("result", said);
        content = options_.redact(writer.take());
        event.content = content;
    }
    emit(event, out);
}

}  // namespace nightshift::ingest::openclaw
