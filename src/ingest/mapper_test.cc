#include "ingest/mapper.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "ingest/limits.h"
#include "ingest/mapping_for_test.h"

namespace nightshift::ingest {
namespace {

using otlp::Signal;
using recorder::Event;
using testing::HasSubstr;

std::string replace(std::string text, std::string_view from, std::string_view to) {
    size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    return text.replace(at, from.size(), to);
}

TEST(Mapper, RejectsSpansWithWrongIdsAndKeepsTheRest) {
    MappingForTest mapping;
    ShortRecord bad = {"bad", {}};
    bad.span = "00a1";
    ShortRecord zero = {"zero", {}};
    zero.span = "0000000000000000";
    const auto& events = mapping.json(Signal::kTraces, span_request({{"good", {}}, bad, zero}));
    EXPECT_EQ(events.size(), 1u);
    EXPECT_EQ(mapping.counts.rejected, 2u);
    EXPECT_THAT(mapping.counts.reason, HasSubstr("span id of 2 bytes"));
}

TEST(Mapper, ClampsImpossibleClocksAndMarksThem) {
    MappingForTest mapping;
    const std::string request = span_request({{"s", {}}});
    for (const char* time : {"0", "4102444800000000000", "18446744073709551615"}) {
        Event event = mapping.json(Signal::kTraces, replace(request, "1795314000000000000", time)).at(0);
        EXPECT_EQ(event.time_us, 1'795'320'000'000'000);
        EXPECT_THAT(std::string(event.attributes), HasSubstr(R"("clock":"clamped")"));
        EXPECT_EQ(event.id, "5b8efff798038103d269b633813fc60c-00000000000000a1");
    }
    EXPECT_EQ(mapping.json(Signal::kTraces, request).at(0).id, "");
}

TEST(Mapper, MarksSimulatedTelemetry) {
    MappingForTest mapping;
    ShortRecord span = {"s", {}};
    EXPECT_FALSE(mapping.json(Signal::kTraces, span_request({span})).at(0).simulated);
    span.resource.emplace_back("nightshift.simulated", "true");
    EXPECT_TRUE(mapping.json(Signal::kTraces, span_request({span})).at(0).simulated);
}

TEST(Mapper, TakesSecretsOutOfEveryColumnAndAttribute) {
    const std::string secret = "ghp_Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7j";
    MappingForTest mapping;
    ShortRecord span = {"call " + secret,
                        {{"gen_ai.operation.name", "\"chat\""},
                         {"gen_ai.request.model", "\"m-" + secret + "\""},
                         {"session.id", "\"" + secret + "\""},
                         {"note", "\"see " + secret + "\""},
                         {"db.password", "\"hunter2\""}}};
    span.resource = {{"service.name", "\"svc " + secret + "\""}};
    Event event = mapping.json(Signal::kTraces, span_request({span})).at(0);
    for (std::string_view text : {event.name, event.session, event.agent, event.attributes}) {
        EXPECT_EQ(text.find(secret), std::string_view::npos) << text;
    }
    EXPECT_THAT(std::string(event.attributes), HasSubstr(R"("db.password":"[redacted:secret]")"));
    EXPECT_THAT(std::string(event.attributes), HasSubstr("see [redacted:github-token]"));
}

TEST(Mapper, MakesHostileTextValid) {
    // Protobuf: a resource with one attribute whose key and value are broken UTF-8.
    MappingForTest mapping;
    std::string body = test_data("claude_code_traces.pb");
    size_t at = body.find("\"fleet");
    at = body.find("fleet");
    ASSERT_NE(at, std::string::npos);
    body.replace(at, 5, "\xff\"\\\x01\xc0");
    const auto& events = mapping.protobuf(Signal::kTraces, body);
    ASSERT_FALSE(events.empty());
    EXPECT_TRUE(is_valid_utf8(events[0].attributes));
}

TEST(Mapper, CutsLongNamesAndLimitsAttributes) {
    MappingForTest mapping;
    ShortRecord span = {std::string(5000, 'n'),
                        {{"big", "\"" + std::string(100'000, 'b') + "\""}, {"after", "1"}}};
    Event event = mapping.json(Signal::kTraces, span_request({span})).at(0);
    EXPECT_EQ(event.name.size(), limits::kColumnBytesMax);
    EXPECT_LE(event.attributes.size(), limits::kAttributesBytesMax);
    EXPECT_THAT(std::string(event.attributes), HasSubstr(R"("truncated":true)"));
}

TEST(Mapper, FallsBackToServiceAndHostForTheAgent) {
    MappingForTest mapping;
    ShortRecord span = {"chat", {{"gen_ai.operation.name", "\"chat\""}}};
    span.resource = {{"service.name", "\"worker\""}, {"host.name", "\"node-1\""}};
    EXPECT_EQ(mapping.json(Signal::kTraces, span_request({span})).at(0).agent, "worker@node-1");
    span.attributes.emplace_back("gen_ai.agent.name", "\"planner\"");
    EXPECT_EQ(mapping.json(Signal::kTraces, span_request({span})).at(0).agent, "planner");
    span.resource.emplace_back("agent.id", "\"a-7\"");
    EXPECT_EQ(mapping.json(Signal::kTraces, span_request({span})).at(0).agent, "a-7");
}

TEST(Mapper, KeepsTheParentSession) {
    MappingForTest mapping;
    ShortRecord span = {"chat",
                        {{"gen_ai.operation.name", "\"chat\""},
                         {"session.id", "\"child\""},
                         {"parent.session.id", "\"boss\""}}};
    Event event = mapping.json(Signal::kTraces, span_request({span})).at(0);
    EXPECT_EQ(event.session, "child");
    EXPECT_EQ(event.parent_session, "boss");
}

TEST(Mapper, KeepsNestedAttributesAsJsonAndCutsTheirDepth) {
    MappingForTest mapping;
    std::string deep = R"({"intValue":"1"})";
    for (int i = 0; i < 40; ++i) deep = R"({"arrayValue":{"values":[)" + deep + "]}}";
    const std::string request = replace(span_request({{"s", {{"x", "7"}}}}), R"({"intValue":"7"})", deep);
    Event event = mapping.json(Signal::kTraces, request).at(0);
    EXPECT_THAT(std::string(event.attributes), HasSubstr("[[[[[[[[[[[[[[[[null]]]]]]]]]]]]]]]]"));
    const std::string map =
        R"({"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}},{"key":"b","value":{"doubleValue":1.5}}]}})";
    event =
        mapping
            .json(Signal::kTraces, replace(span_request({{"s", {{"x", "7"}}}}), R"({"intValue":"7"})", map))
            .at(0);
    EXPECT_THAT(std::string(event.attributes), HasSubstr(R"("x":{"a":true,"b":1.5})"));
}

TEST(Decode, RefusesWhatIsNoRequest) {
    MappingForTest mapping;
    struct Null final : otlp::Sink {
        void resource(otlp::ResourceView&) override {}
        void scope(const otlp::ScopeView&) override {}
        void span(otlp::SpanView&) override {}
        void log(otlp::LogView&) override {}
        void point(otlp::PointView&) override {}
    } sink;
    for (const char* text : {"", "[]", "{", "{\"resourceSpans\":", "{\"resourceSpans\":{}}",
                             "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":5}]}]}]}", "nope"}) {
        std::string body = text;
        EXPECT_FALSE(otlp::decode_json(Signal::kTraces, body, sink).has_value()) << text;
    }
    for (const char* text :
         {"{}", "{\"other\":[1,2]}", "{\"resourceSpans\":null}",
          "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":null,\"future\":{\"x\":[1]}}]}]}]}"}) {
        std::string body = text;
        EXPECT_TRUE(otlp::decode_json(Signal::kTraces, body, sink).has_value()) << text;
    }
    EXPECT_TRUE(otlp::decode_protobuf(Signal::kTraces, "", sink).has_value());
    EXPECT_FALSE(otlp::decode_protobuf(Signal::kTraces, "nonsense", sink).has_value());
    const std::string whole = test_data("claude_code_logs.pb");
    EXPECT_FALSE(
        otlp::decode_protobuf(Signal::kLogs, std::string_view(whole).substr(0, whole.size() - 3), sink)
            .has_value());
}

TEST(Decode, AcceptsMembersInAnyOrder) {
    MappingForTest mapping;
    const std::string body =
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"value":{"stringValue":"chat"},"key":"gen_ai.operation.name"}],"startTimeUnixNano":1795314000000000000,"endTimeUnixNano":1795314000500000000,"name":"chat","spanId":"00000000000000A1","traceId":"5B8EFFF798038103D269B633813FC60C"}],"scope":{"name":"x"}}],"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"h"}}]}}]})";
    Event event = mapping.json(Signal::kTraces, body).at(0);
    EXPECT_EQ(event.trace, "5b8efff798038103d269b633813fc60c");
    EXPECT_EQ(event.host, "h");
    EXPECT_EQ(event.duration_us, 500'000);
}

}  // namespace
}  // namespace nightshift::ingest
