#include <fmt/core.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/file.h"
#include "ingest/mapping_for_test.h"

namespace nightshift::ingest {

using recorder::Event;
using recorder::Kind;

std::string test_data(std::string_view name) {
    Result<std::string> content = read_file(std::string(NS_TEST_DATA) + "/ingest/" + std::string(name));
    EXPECT_TRUE(content.has_value()) << name;
    return content.value_or("");
}

namespace {

// JSON values by their looks: text, true/false, numbers with a point, integers.
std::string any_value(const std::string& json) {
    if (json.starts_with('"')) return R"({"stringValue":)" + json + "}";
    if (json == "true" || json == "false") return R"({"boolValue":)" + json + "}";
    if (json.find('.') != std::string::npos) return R"({"doubleValue":)" + json + "}";
    return R"({"intValue":")" + json + R"("})";
}

std::string attributes_json(const ShortAttributes& attributes) {
    std::string out = "[";
    for (const auto& [key, value] : attributes) {
        if (out.size() > 1) out += ',';
        out += fmt::format(R"({{"key":"{}","value":{}}})", key, any_value(value));
    }
    return out + "]";
}

}  // namespace

std::string span_request(const std::vector<ShortRecord>& spans) {
    std::string list;
    for (const ShortRecord& span : spans) {
        if (!list.empty()) list += ',';
        list += fmt::format(
            R"({{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"{}","parentSpanId":"{}","name":"{}","kind":{},"startTimeUnixNano":"1795314000000000000","endTimeUnixNano":"1795314001500000000","attributes":{},"status":{{"code":{}}}}})",
            span.span, span.parent, span.name, span.kind, attributes_json(span.attributes), span.status);
    }
    return fmt::format(
        R"({{"resourceSpans":[{{"resource":{{"attributes":{}}},"scopeSpans":[{{"scope":{{"name":"{}"}},"spans":[{}]}}]}}]}})",
        attributes_json(spans.front().resource), spans.front().scope, list);
}

std::string log_request(const ShortRecord& log, std::string_view body) {
    return fmt::format(
        R"({{"resourceLogs":[{{"resource":{{"attributes":{}}},"scopeLogs":[{{"scope":{{"name":"{}"}},"logRecords":[{{"timeUnixNano":"1795314000000000000","eventName":"{}","body":{{"stringValue":"{}"}},"attributes":{}}}]}}]}}]}})",
        attributes_json(log.resource), log.scope, log.name, body, attributes_json(log.attributes));
}

MappingForTest::MappingForTest(Time now) : now_(now), series_(0, 1000) {}

const std::vector<Event>& MappingForTest::json(otlp::Signal signal, std::string body) {
    const MapperParts parts = {redactor_, pricing_, series_, keep_content, count_openclaw_tokens};
    auto& batch = *batches_.emplace_back(std::make_unique<recorder::EventBatch>());
    Mapper mapper(parts, "default", now_, {}, batch);
    Result<void> decoded = otlp::decode_json(signal, body, mapper);
    EXPECT_TRUE(decoded.has_value()) << (decoded ? "" : decoded.error().message);
    mapper.finish();
    counts = mapper.counts();
    return batch.events;
}

const std::vector<Event>& MappingForTest::protobuf(otlp::Signal signal, std::string body) {
    const MapperParts parts = {redactor_, pricing_, series_, keep_content, count_openclaw_tokens};
    auto& batch = *batches_.emplace_back(std::make_unique<recorder::EventBatch>());
    auto held = std::make_shared<const std::string>(std::move(body));
    batch.adopt(held);
    Mapper mapper(parts, "default", now_, *held, batch);
    Result<void> decoded = otlp::decode_protobuf(signal, *held, mapper);
    EXPECT_TRUE(decoded.has_value()) << (decoded ? "" : decoded.error().message);
    mapper.finish();
    counts = mapper.counts();
    return batch.events;
}

Totals MappingForTest::totals() const {
    Totals totals;
    for (const auto& batch : batches_) {
        for (const Event& event : batch->events) {
            totals.model_calls += event.kind == Kind::kModelCall ? 1u : 0u;
            totals.tool_calls += event.kind == Kind::kToolCall ? 1u : 0u;
            totals.turns += event.kind == Kind::kTurn ? 1u : 0u;
            totals.approvals += event.kind == Kind::kApproval ? 1u : 0u;
            totals.errors += event.status == recorder::Status::kError ? 1u : 0u;
            totals.input += event.input_tokens;
            totals.output += event.output_tokens;
            totals.cache_read += event.cache_read_tokens;
            totals.cache_write += event.cache_write_tokens;
            totals.reasoning += event.reasoning_tokens;
            totals.cost_usd += static_cast<double>(event.cost_nano_usd) / 1e9;
        }
    }
    return totals;
}

std::vector<Event> MappingForTest::all(Kind kind) const {
    std::vector<Event> found;
    for (const auto& batch : batches_) {
        for (const Event& event : batch->events) {
            if (event.kind == kind) found.push_back(event);
        }
    }
    return found;
}

}  // namespace nightshift::ingest
