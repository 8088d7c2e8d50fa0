#include "fleet/json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "fleet/test_events.h"

namespace nightshift::fleet {
namespace {

using boost::json::value;

std::vector<std::string> keys_of(const value& object) {
    std::vector<std::string> keys;
    for (const auto& member : object.as_object()) keys.emplace_back(member.key());
    return keys;
}

TEST(Json, RendersAnAgentAndASessionAsTheApiSays) {
    recorder::EventBatch batch;
    EventWriter writer(batch);
    writer.agent = "na\"me\xff";
    writer.model(kTestSecond, 1000, 100).turn = "t1";
    writer.add(recorder::Kind::kToolCall, "Bash", recorder::Status::kRunning).span = "a";
    Fleet fleet{{}};
    for (const recorder::Event& event : batch.events) fleet.apply(event, from_unix_us(writer.now_us()));
    fleet.refresh(from_unix_us(writer.now_us()));

    std::string text;
    append_session(text, fleet.session(fleet.find_session("default", "s1").value()), writer.now_us());
    const value session = boost::json::parse(text);
    const std::vector<std::string> keys = {"id",
                                           "agent",
                                           "tenant",
                                           "source",
                                           "simulated",
                                           "parent",
                                           "children",
                                           "state",
                                           "tool",
                                           "model",
                                           "turn",
                                           "turns",
                                           "tokens_per_minute",
                                           "tokens",
                                           "cost_usd",
                                           "cost_source",
                                           "model_calls",
                                           "tool_calls",
                                           "errors",
                                           "started_ms",
                                           "last_event_ms",
                                           "ended_ms",
                                           "detections"};
    EXPECT_EQ(keys_of(session), keys);
    EXPECT_EQ(session.at("agent").as_string(), "na\"me\uFFFD");
    EXPECT_EQ(session.at("state").at("value").as_string(), "working");
    EXPECT_EQ(keys_of(session.at("state")),
              (std::vector<std::string>{"value", "since_ms", "as_of_ms", "source", "why"}));
    EXPECT_EQ(session.at("tool").at("value").as_string(), "Bash");
    EXPECT_EQ(session.at("tokens_per_minute").to_number<double>(), 1100);
    EXPECT_NEAR(session.at("cost_usd").to_number<double>(), 0.0045, 1e-9);
    EXPECT_EQ(session.at("cost_source").as_string(), "reported");
    EXPECT_TRUE(session.at("parent").is_null());
    EXPECT_TRUE(session.at("ended_ms").is_null());
    EXPECT_EQ(session.at("started_ms").as_int64(), kTestStart / 1000);

    const Agent& agent = fleet.agent(fleet.find_agent("default", writer.agent).value());
    text.clear();
    append_agent(text, agent, Rhythm::Judgement{4'000'000, 12'000'000}, writer.now_us() + 1'200'000);
    const value rendered = boost::json::parse(text);
    EXPECT_EQ(keys_of(rendered), (std::vector<std::string>{"id",
                                                           "name",
                                                           "tenant",
                                                           "source",
                                                           "simulated",
                                                           "state",
                                                           "model",
                                                           "sessions",
                                                           "sessions_working",
                                                           "tool",
                                                           "tokens_per_minute",
                                                           "usd_per_hour",
                                                           "tokens",
                                                           "cost_usd",
                                                           "cost_source",
                                                           "model_calls",
                                                           "tool_calls",
                                                           "errors",
                                                           "last_event_ms",
                                                           "rhythm"}));
    EXPECT_EQ(rendered.at("rhythm").at("silent_ms").as_int64(), 1200);
    EXPECT_EQ(rendered.at("rhythm").at("usual_gap_ms").as_int64(), 4000);
    EXPECT_EQ(rendered.at("sessions_working").as_int64(), 1);
}

TEST(Json, RendersAttentionWithItsEvidence) {
    Attention attention;
    attention.id = "looping:s";
    attention.severity = Severity::kCritical;
    attention.kind = "looping";
    attention.agent = "a";
    attention.session = "s";
    attention.title = "a goes in circles";
    attention.since_us = kTestStart;
    attention.can_abort = true;
    attention.detection.emplace();
    attention.detection->signature = "Bash {\"command\":\"ls\"}";
    attention.detection->tokens = 18'000;
    attention.detection->cost_nano_usd = 210'000'000;
    std::string text;
    append_attention(text, attention);
    const value rendered = boost::json::parse(text);
    EXPECT_EQ(keys_of(rendered), (std::vector<std::string>{"id", "severity", "kind", "agent", "session",
                                                           "title", "since_ms", "detection", "actions"}));
    const value& detection = rendered.at("detection");
    EXPECT_EQ(keys_of(detection),
              (std::vector<std::string>{"id", "kind", "since_ms", "last_ms", "count", "signature", "tokens",
                                        "cost_usd", "explanation", "response", "acted"}));
    EXPECT_NEAR(detection.at("cost_usd").to_number<double>(), 0.21, 1e-9);
    EXPECT_TRUE(detection.at("acted").is_null());
    EXPECT_EQ(rendered.at("actions").as_array().size(), 2u);
}

TEST(Json, LeavesStatesOutThatNobodyIsIn) {
    Totals totals;
    totals.agents[static_cast<size_t>(AgentState::kWorking)] = 3;
    std::string text;
    append_totals(text, totals);
    EXPECT_EQ(boost::json::serialize(boost::json::parse(text).at("agents")), R"({"working":3})");
    EXPECT_EQ(boost::json::serialize(boost::json::parse(text).at("sessions")), "{}");
}

}  // namespace
}  // namespace nightshift::fleet
