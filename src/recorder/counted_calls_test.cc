#include "recorder/counted_calls.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "recorder/identity.h"

namespace nightshift::recorder {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

Event call(std::string_view source, std::string_view attributes) {
    Event event;
    event.kind = Kind::kModelCall;
    event.status = Status::kOk;
    event.time_us = 1'795'300'000'000'000;
    event.tenant = "default";
    event.source = source;
    event.input_tokens = 900;
    event.output_tokens = 40;
    event.cost_nano_usd = 3'000;
    event.cost_source = CostSource::kReported;
    event.attributes = attributes;
    return event;
}

Event gateway_call(std::string_view response_id) {
    static EventBatch texts;
    Event event = call("gateway", texts.keep(R"({"request_id":"req_17","response_id":")" +
                                             std::string(response_id) + R"("})"));
    event.trace = kTrace;
    event.parent_span = "00f067aa0ba902b7";
    event.span = "1111111111111111";
    return event;
}

class CountedCallsTest : public testing::Test {
protected:
    const Event& settle(Event event) {
        batch_.events = {event};
        calls_.settle(batch_);
        return batch_.events.front();
    }
    static bool counts(const Event& event) { return event.input_tokens + event.output_tokens > 0; }

    CountedCalls calls_;
    EventBatch batch_;
};

TEST_F(CountedCallsTest, TakesTokensAndCostOffACallThatTheGatewayCounted) {
    calls_.add(gateway_call("chatcmpl-9f2c4be17a30"));
    const Event& told =
        settle(call("otlp/genai", R"({"gen_ai.response.id":"chatcmpl-9f2c4be17a30","a":{"b":1}})"));
    EXPECT_FALSE(counts(told));
    EXPECT_EQ(told.cost_nano_usd, 0);
    EXPECT_EQ(told.cost_source, CostSource::kNone);
    EXPECT_TRUE(is_counted_elsewhere(told));
    simdjson::dom::parser parser;
    simdjson::dom::element attributes = parser.parse(told.attributes);
    EXPECT_EQ(uint64_t(attributes["said"]["input_tokens"]), 900u);
    EXPECT_EQ(uint64_t(attributes["said"]["output_tokens"]), 40u);
    EXPECT_EQ(double(attributes["said"]["cost_usd"]), 0.000003);
    EXPECT_EQ(uint64_t(attributes["a"]["b"]), 1u);
}

TEST_F(CountedCallsTest, KnowsACallByItsRequestItsSpanOrItsSessionsTokens) {
    Event counted = gateway_call("");
    counted.session = "conversation-5";
    calls_.add(counted);
    EXPECT_FALSE(counts(settle(call("otlp/claude-code", R"({"request_id":"req_17"})"))));
    Event by_span = call("otlp/genai", "");
    by_span.trace = kTrace;
    by_span.span = counted.parent_span;
    EXPECT_FALSE(counts(settle(by_span)));
    Event by_tokens = call("otlp/codex", "{}");
    by_tokens.session = "conversation-5";
    EXPECT_FALSE(counts(settle(by_tokens)));
    by_tokens.output_tokens = 41;
    EXPECT_TRUE(counts(settle(by_tokens)));
}

TEST_F(CountedCallsTest, BelievesARequestIdOfTheCallersOwnOnlyWithTheSameTokens) {
    calls_.add(call("gateway", R"({"request_id":"nightly-run"})"));
    Event other = call("otlp/genai", R"({"request_id":"nightly-run"})");
    EXPECT_FALSE(counts(settle(other)));
    other.output_tokens = 41;
    EXPECT_TRUE(counts(settle(other))) << "another call under the same name";
}

TEST_F(CountedCallsTest, BelievesAShortIdOnlyWithTheSameTokens) {
    calls_.add(gateway_call("chatcmpl-347"));
    EXPECT_FALSE(counts(settle(call("openclaw/main", R"({"response_id":"chatcmpl-347"})"))));
    Event other = call("openclaw/main", R"({"response_id":"chatcmpl-347"})");
    other.output_tokens = 12;
    EXPECT_TRUE(counts(settle(other)));
}

TEST_F(CountedCallsTest, LeavesEverythingElseAlone) {
    const std::string_view id = R"({"response_id":"chatcmpl-9f2c4be17a30"})";
    EXPECT_TRUE(counts(settle(call("otlp/genai", id)))) << "nothing is counted yet";
    calls_.add(gateway_call("chatcmpl-9f2c4be17a30"));
    EXPECT_TRUE(counts(settle(call("gateway", id)))) << "its own event";
    Event foreign = call("otlp/genai", id);
    foreign.tenant = "other";
    EXPECT_TRUE(counts(settle(foreign)));
    EXPECT_TRUE(counts(settle(call("otlp/genai", R"({"response_id":"chatcmpl-9f2c4be17a31"})"))));
    Event sample = call("otlp/genai", id);
    sample.kind = Kind::kSample;
    EXPECT_TRUE(counts(settle(sample)));
}

TEST_F(CountedCallsTest, ACallWithoutTokensCountsForNobody) {
    Event failed = gateway_call("chatcmpl-9f2c4be17a30");
    failed.input_tokens = failed.output_tokens = 0;
    calls_.add(failed);
    EXPECT_TRUE(counts(settle(call("otlp/genai", R"({"response_id":"chatcmpl-9f2c4be17a30"})"))));
}

TEST_F(CountedCallsTest, ARetryIsRecognisedWhetherItWasSettledOrNot) {
    const Event sent = call("otlp/claude-code", R"({"request_id":"req_17"})");
    const std::string id = content_id(sent);
    calls_.add(gateway_call("x"));
    EXPECT_EQ(settle(sent).id, id);
}

TEST_F(CountedCallsTest, KnowsThatASettledEventIsTheSameCall) {
    calls_.add(gateway_call("chatcmpl-347"));
    const Event sent = call("openclaw/main", R"({"response_id":"chatcmpl-347"})");
    const CallKeys before = CallKeys::of_caller(sent);
    const CallKeys after = CallKeys::of_caller(settle(sent));
    ASSERT_EQ(before.values().size(), after.values().size());
    EXPECT_TRUE(std::equal(before.values().begin(), before.values().end(), after.values().begin()));
}

TEST_F(CountedCallsTest, RemembersManyCallsAndForgetsTheOldest) {
    EventBatch texts;
    const auto id = [](size_t i) { return "chatcmpl-0123456789abcdef" + std::to_string(i); };
    const auto only_response = [&](size_t i) {
        return call("gateway", texts.keep(R"({"response_id":")" + id(i) + R"("})"));
    };
    for (size_t i = 0; i < 20'000; ++i) calls_.add(only_response(i));
    size_t known = 0;
    for (size_t i = 0; i < 20'000; ++i) {
        Event told = only_response(i);
        told.source = "otlp/genai";
        known += counts(settle(told)) ? 0 : 1;
    }
    EXPECT_EQ(known, 20'000u);
}

}  // namespace
}  // namespace nightshift::recorder
