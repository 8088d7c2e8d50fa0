#include "gateway/genai_metrics.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <mutex>

#include "gateway/exporter.h"
#include "net/server_for_test.h"

namespace nightshift::gateway {
namespace {

namespace json = boost::json;

recorder::Event call_of(std::string_view model) {
    recorder::Event event;
    event.kind = recorder::Kind::kModelCall;
    event.status = recorder::Status::kOk;
    event.time_us = 1'700'000'000'000'000;
    event.duration_us = 1'500'000;
    event.ttft_us = 200'000;
    event.source = "gateway";
    event.name = "chat";
    event.provider = "groq";
    event.model = model;
    event.span = "00000000000000ab";
    event.input_tokens = 100;
    event.output_tokens = 20;
    return event;
}

std::string attribute(const json::value& attributes, std::string_view key) {
    for (const json::value& each : attributes.as_array()) {
        if (each.at("key").as_string() == key) {
            const json::object& value = each.at("value").as_object();
            return std::string(value.begin()->value().as_string());
        }
    }
    return "";
}

const json::value* find_metric(const json::value& request, std::string_view name) {
    for (const json::value& each :
         request.at_pointer("/resourceMetrics/0/scopeMetrics/0/metrics").as_array()) {
        if (each.at("name").as_string() == name) return &each;
    }
    return nullptr;
}

TEST(GenAiMetrics, CountsCallsInTheConventionsHistograms) {
    GenAiMetrics metrics(from_unix_us(1));
    for (int i = 0; i < 3; ++i) metrics.add(call_of("llama"));
    const json::value request = json::parse(metrics.encode(from_unix_us(2)));
    const json::value* duration = find_metric(request, "gen_ai.client.operation.duration");
    ASSERT_NE(duration, nullptr);
    const json::value& point = duration->at_pointer("/histogram/dataPoints/0");
    EXPECT_EQ(point.at("count").as_string(), "3");
    EXPECT_DOUBLE_EQ(point.at("sum").to_number<double>(), 4.5);
    EXPECT_EQ(point.at("bucketCounts").as_array().size(), point.at("explicitBounds").as_array().size() + 1);
    EXPECT_EQ(point.at("bucketCounts").as_array()[8].as_string(), "3") << "1.28 s to 2.56 s";
    EXPECT_EQ(attribute(point.at("attributes"), "gen_ai.provider.name"), "groq");
    const json::value* tokens = find_metric(request, "gen_ai.client.token.usage");
    ASSERT_NE(tokens, nullptr);
    EXPECT_EQ(tokens->at_pointer("/histogram/dataPoints").as_array().size(), 2u);
}

TEST(GenAiMetrics, KeepsAFewSeriesHoweverManyModelsThereAre) {
    GenAiMetrics metrics(from_unix_us(1));
    for (int i = 0; i < 5'000; ++i) metrics.add(call_of("model-" + std::to_string(i)));
    const json::value request = json::parse(metrics.encode(from_unix_us(2)));
    size_t points = 0;
    for (const json::value& each : request.at_pointer("/resourceMetrics/0/scopeMetrics/0/metrics").as_array())
        points += each.at_pointer("/histogram/dataPoints").as_array().size();
    EXPECT_LE(points, GenAiMetrics::kSeriesMax + 10);
}

TEST(GenAiSpans, SayWhatWasCalledAndHowItEnded) {
    recorder::Event failed = call_of("llama \"3\"");
    failed.status = recorder::Status::kError;
    failed.error_type = "rate_limit";
    failed.trace = "0123456789abcdef0123456789abcdef";
    failed.parent_span = "00000000000000cd";
    const recorder::Event plain = call_of("llama");
    const json::value request = json::parse(encode_spans({&failed, &plain}));
    const json::value& spans = request.at_pointer("/resourceSpans/0/scopeSpans/0/spans");
    EXPECT_EQ(spans.at(0).at("traceId").as_string(), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(spans.at(0).at("parentSpanId").as_string(), "00000000000000cd");
    EXPECT_EQ(spans.at(0).at("name").as_string(), "chat llama \"3\"");
    EXPECT_EQ(spans.at(0).at_pointer("/status/code").as_int64(), 2);
    EXPECT_EQ(attribute(spans.at(0).at("attributes"), "error.type"), "rate_limit");
    EXPECT_EQ(spans.at(1).at("traceId").as_string().size(), 32u);
    EXPECT_EQ(attribute(spans.at(1).at("attributes"), "gen_ai.usage.input_tokens"), "100");
}

// Keeps what it is sent.
struct Collector {
    Collector() {
        handler.answer = [this](net::Request request) { return take(std::move(request)); };
        server = std::make_unique<net::ServerForTest>(handler);
    }
    Task<net::Response> take(net::Request request) {
        std::lock_guard lock(mutex);
        received[request.path] = request.body;
        key = request.headers.get("x-key");
        co_return net::Response::json(200, "{}");
    }
    net::FunctionHandler handler;
    std::mutex mutex;
    std::map<std::string, std::string> received;
    std::string key;
    std::unique_ptr<net::ServerForTest> server;
};

TEST(Exporter, SendsWhatWaitsWhenItStops) {
    Collector collector;
    io::Loop loop("export");
    SystemClock clock;
    ExportSpec spec;
    spec.url = collector.server->url("");
    spec.headers["x-key"] = Secret("collector-key");
    spec.every = std::chrono::hours(1);
    Exporter exporter(loop, clock, spec);
    auto batch = std::make_shared<recorder::EventBatch>();
    batch->events.push_back(call_of("llama"));
    exporter.add(batch);
    exporter.stop();
    EXPECT_EQ(collector.key, "collector-key");
    EXPECT_NE(find_metric(json::parse(collector.received["/v1/metrics"]), "gen_ai.client.token.usage"),
              nullptr);
    const json::value spans = json::parse(collector.received["/v1/traces"]);
    EXPECT_EQ(spans.at_pointer("/resourceSpans/0/scopeSpans/0/spans").as_array().size(), 1u);
    EXPECT_EQ(exporter.dropped(), 0u);
}

TEST(Exporter, DropsTheOldestBeyondItsLimit) {
    io::Loop loop("export");
    SystemClock clock;
    ExportSpec spec;
    spec.url = "http://127.0.0.1:9";
    spec.every = std::chrono::hours(1);
    Exporter exporter(loop, clock, spec);
    auto batch = std::make_shared<recorder::EventBatch>();
    batch->events.assign(Exporter::kCallsMax / 2 + 1, call_of("llama"));
    exporter.add(batch);
    exporter.add(batch);
    EXPECT_EQ(exporter.dropped(), batch->events.size());
}

}  // namespace
}  // namespace nightshift::gateway
