#include "cli/demo_telemetry.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"

namespace nightshift::cli {
namespace {

std::string random_hex(size_t bytes) {
    return to_hex(random_bytes(bytes).data(), bytes);
}

std::string in_quotes(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string text_attribute(std::string_view key, std::string_view value) {
    return fmt::format(R"({{"key":"{}","value":{{"stringValue":{}}}}})", key, in_quotes(value));
}

std::string integer_attribute(std::string_view key, uint64_t value) {
    return fmt::format(R"({{"key":"{}","value":{{"intValue":"{}"}}}})", key, value);
}

int64_t now_us() {
    return unix_us(SystemClock().now());
}

}  // namespace

SimulatedTelemetry::SimulatedTelemetry(Connection connection, std::string agent)
    : connection_(std::move(connection)), agent_(std::move(agent)) {
    start_session();
}

void SimulatedTelemetry::start_session(std::string_view parent) {
    session_ = fmt::format("{}-{}", agent_, random_hex(4));
    parent_session_ = parent;
    trace_ = random_hex(16);
}

Result<void> SimulatedTelemetry::model_call(const SimulatedModelCall& call) {
    std::string attributes = text_attribute("gen_ai.operation.name", "chat");
    attributes += "," + text_attribute("gen_ai.provider.name", call.provider);
    attributes += "," + text_attribute("gen_ai.request.model", call.model);
    if (call.error_type.empty()) {
        attributes += "," + text_attribute("gen_ai.response.model", call.model);
        attributes += "," + integer_attribute("gen_ai.usage.input_tokens", call.input_tokens);
        attributes += "," + integer_attribute("gen_ai.usage.cache_read.input_tokens", call.cache_read_tokens);
        attributes += "," + integer_attribute("gen_ai.usage.output_tokens", call.output_tokens);
        attributes += fmt::format(
            R"(,{{"key":"gen_ai.response.time_to_first_chunk","value":{{"doubleValue":{:.3f}}}}})",
            static_cast<double>(call.duration_ms) * 0.2 / 1e3);
    }
    return send_span(fmt::format("chat {}", call.model), std::move(attributes), call.duration_ms,
                     call.error_type);
}

Result<void> SimulatedTelemetry::tool_call(const SimulatedToolCall& call) {
    std::string attributes = text_attribute("gen_ai.operation.name", "execute_tool");
    attributes += "," + text_attribute("gen_ai.tool.name", call.name);
    attributes += "," + text_attribute("gen_ai.tool.call.id", "call_" + random_hex(6));
    attributes += "," + text_attribute("gen_ai.tool.call.arguments", call.arguments);
    attributes += "," + text_attribute("gen_ai.tool.call.result", call.result);
    return send_span("execute_tool " + call.name, std::move(attributes), call.duration_ms, call.error_type);
}

Result<void> SimulatedTelemetry::send_span(std::string_view name, std::string attributes, int64_t duration_ms,
                                           std::string_view error_type) {
    int64_t end_us = now_us();
    attributes += "," + text_attribute("gen_ai.conversation.id", session_);
    attributes += "," + text_attribute("gen_ai.agent.id", agent_);
    attributes += "," + text_attribute("gen_ai.agent.name", agent_);
    if (!error_type.empty()) attributes += "," + text_attribute("error.type", error_type);
    std::string resource = text_attribute("service.name", "nightshift-demo") + "," +
                           text_attribute("host.name", "demo") +
                           R"(,{"key":"nightshift.simulated","value":{"boolValue":true}})";
    std::string span = fmt::format(
        R"({{"traceId":"{}","spanId":"{}","name":{},"kind":3,"startTimeUnixNano":"{}","endTimeUnixNano":"{}","status":{{"code":{}}},"attributes":[{}]}})",
        trace_, random_hex(8), in_quotes(name), (end_us - duration_ms * 1000) * 1000, end_us * 1000,
        error_type.empty() ? 1 : 2, attributes);
    std::string body = fmt::format(
        R"({{"resourceSpans":[{{"resource":{{"attributes":[{}]}},"scopeSpans":[{{"scope":{{"name":"nightshift.demo"}},"spans":[{}]}}]}}]}})",
        resource, span);
    NS_TRY([[maybe_unused]] auto answer,
           call(connection_, net::Method::kPost, "/v1/traces", std::move(body)));
    return {};
}

Result<void> SimulatedTelemetry::event(std::string_view kind, std::string_view name,
                                       std::string_view status) {
    std::string line = fmt::format(
        R"({{"id":"demo-{}","time_us":{},"kind":"{}","name":{},"status":"{}","agent":{},"session":{},"host":"demo","simulated":true)",
        random_hex(8), now_us(), kind, in_quotes(name), status, in_quotes(agent_), in_quotes(session_));
    if (!parent_session_.empty()) line += fmt::format(R"(,"parent_session":{})", in_quotes(parent_session_));
    line += "}\n";
    NS_TRY([[maybe_unused]] auto answer,
           call(connection_, net::Method::kPost, "/api/v1/events", std::move(line)));
    return {};
}

}  // namespace nightshift::cli
