#include "fleet/state.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "fleet/test_events.h"

namespace nightshift::fleet {
namespace {

using recorder::Event;
using recorder::Kind;
using recorder::Status;

class FleetTest : public testing::Test {
protected:
    // Applies what was written since the last call, each event as it ends.
    void run(int64_t lag_us = 0) {
        for (; applied_ < batch_.events.size(); ++applied_) {
            const Event& event = batch_.events[applied_];
            const int64_t end_us = event.time_us + std::max<int64_t>(event.duration_us, 0);
            now_us_ = std::max(now_us_, end_us + lag_us);
            fleet_.apply(event, from_unix_us(now_us_));
        }
        fleet_.refresh(from_unix_us(now_us_));
    }
    void pass(int64_t us) {
        for (const int64_t end_us = now_us_ + us; now_us_ < end_us;) {
            now_us_ = std::min(now_us_ + 10 * kTestSecond, end_us);
            fleet_.tick(from_unix_us(now_us_));
        }
        writer_.wait(std::max<int64_t>(now_us_ - writer_.now_us(), 0));
    }
    const Session& session(std::string_view id = "s1", std::string_view tenant = "default") {
        return fleet_.session(fleet_.find_session(tenant, id).value());
    }
    const Agent& agent(std::string_view id = "builder") {
        return fleet_.agent(fleet_.find_agent("default", id).value());
    }
    const Totals& totals() { return fleet_.tenant(fleet_.find_tenant("default").value()).totals; }

    recorder::EventBatch batch_;
    EventWriter writer_{batch_};
    Fleet fleet_{{}};
    size_t applied_ = 0;
    int64_t now_us_ = kTestStart;
};

// What the gateway recorded under the name of a token, and what its caller tells of the same call.
TEST_F(FleetTest, GivesTheTokensOfAGatewaysCallToTheSessionThatTellsOfIt) {
    recorder::CountedCalls counted;
    writer_.agent = "token of the team";
    writer_.session = "";
    writer_.source = "gateway";
    writer_.model(kTestSecond, 1000, 100).attributes = R"({"response_id":"chatcmpl-9f2c4be17a30"})";
    counted.add(batch_.events.back());
    run();
    EXPECT_EQ(agent("token of the team").usage.tokens(), 1100u);
    const int64_t spent = agent("token of the team").usage.cost_nano_usd;

    writer_.agent = "builder";
    writer_.session = "s1";
    writer_.source = "openclaw/main";
    for (int i = 0; i < 2; ++i) {  // the bridge's word, and the agent's own telemetry
        recorder::EventBatch told;
        writer_.model(kTestSecond, 998, 100).attributes = R"({"response_id":"chatcmpl-9f2c4be17a30"})";
        told.events = {batch_.events.back()};
        counted.settle(told);
        batch_.events.back() = told.events.front();
        batch_.events.back().attributes = batch_.keep(told.events.front().attributes);
        run();
    }
    EXPECT_EQ(session("s1").usage.tokens(), 1100u) << "what the gateway saw, once";
    EXPECT_EQ(session("s1").usage.cost_nano_usd, spent);
    EXPECT_EQ(agent("builder").usage.tokens(), 1100u);
    EXPECT_EQ(agent("token of the team").usage.tokens(), 0u);
    EXPECT_EQ(agent("token of the team").usage.cost_nano_usd, 0);
    EXPECT_EQ(totals().cost_today_nano_usd, spent);
    EXPECT_DOUBLE_EQ(totals().tokens_per_minute, 1100);
}

TEST_F(FleetTest, SumsOwnEventsForSessionAgentAndTenant) {
    writer_.model(kTestSecond, 1000, 100).cache_read_tokens = 400;
    writer_.tool("Read", "a", "text", 1000);
    writer_.session = "s2";
    writer_.model(kTestSecond, 500, 50).cost_source = recorder::CostSource::kPriced;
    run();
    EXPECT_EQ(session("s1").usage.input_tokens, 1000u);
    EXPECT_EQ(session("s1").usage.tool_calls, 1u);
    EXPECT_EQ(session("s2").usage.input_tokens, 500u);
    EXPECT_EQ(agent().usage.input_tokens, 1500u);
    EXPECT_EQ(agent().usage.model_calls, 2u);
    EXPECT_TRUE(agent().usage.has_priced_cost && agent().usage.has_reported_cost);
    EXPECT_DOUBLE_EQ(session("s1").tokens_minute.sum(now_us_), 1100);
    EXPECT_DOUBLE_EQ(totals().tokens_per_minute, 1650);
    EXPECT_EQ(totals().cost_today_nano_usd, agent().usage.cost_nano_usd);
    pass(2 * kTestMinute);
    EXPECT_DOUBLE_EQ(totals().tokens_per_minute, 0);
    EXPECT_EQ(agent().sessions.size(), 2u);
}

TEST_F(FleetTest, KeepsTenantsApart) {
    writer_.model(kTestSecond, 100, 10);
    writer_.tenant = "other";
    writer_.model(kTestSecond, 7, 3);
    run();
    EXPECT_EQ(session("s1", "default").usage.tokens(), 110u);
    EXPECT_EQ(session("s1", "other").usage.tokens(), 10u);
    EXPECT_EQ(totals().sessions[static_cast<size_t>(AgentState::kWorking)], 1u);
}

TEST_F(FleetTest, ClampsClocksInTheFuture) {
    Event& event = writer_.model(kTestSecond);
    event.time_us += 400 * 24 * kTestHour;
    fleet_.apply(event, from_unix_us(kTestStart));
    fleet_.refresh(from_unix_us(kTestStart));
    EXPECT_EQ(session().last_us, kTestStart);
    event.time_us = INT64_MAX;
    event.duration_us = INT64_MAX;
    fleet_.apply(event, from_unix_us(kTestStart + 1));
    event.time_us = INT64_MIN;
    fleet_.apply(event, from_unix_us(kTestStart + 2));
    EXPECT_EQ(session().last_us, kTestStart + 1);
}

TEST_F(FleetTest, LinksChildrenToParentsInAnyOrder) {
    writer_.session = "child";
    writer_.model(1000).parent_session = "parent";
    run();
    EXPECT_EQ(session("child").parent, "parent");
    writer_.session = "parent";
    writer_.model(1000);
    writer_.session = "second";
    writer_.model(1000).parent_session = "parent";
    run();
    EXPECT_EQ(session("parent").children, (std::vector<std::string>{"child", "second"}));
    EXPECT_EQ(session("parent").usage.model_calls, 1u) << "a child's cost is the child's";
}

TEST_F(FleetTest, DoubtsAnAgentOnlyAgainstItsOwnRhythm) {
    // Works for a few seconds each half hour.
    for (int i = 0; i < 12; ++i) {
        const int64_t start_us = writer_.now_us();
        writer_.model(2 * kTestSecond);
        Event& turn = writer_.add(Kind::kTurn, "run", Status::kOk, 0);
        turn.time_us = start_us;
        turn.duration_us = writer_.now_us() - start_us;
        run();
        pass(30 * kTestMinute);
        EXPECT_NE(agent().state.value, AgentState::kOffline);
    }
    EXPECT_EQ(agent().state.value, AgentState::kIdle) << "half an hour is its habit";
    EXPECT_TRUE(fleet_.rhythm_of(agent()));
    pass(3 * kTestHour);
    EXPECT_EQ(agent().state.value, AgentState::kUnknown) << agent().state.why;
    EXPECT_EQ(session().state.value, AgentState::kUnknown);
}

TEST_F(FleetTest, ShowsUnknownAfterSilenceWithoutHistory) {
    writer_.model(kTestSecond);
    writer_.add(Kind::kTurn, "run", Status::kOk, kTestSecond);
    run();
    EXPECT_EQ(agent().state.value, AgentState::kIdle);
    pass(16 * kTestMinute);
    EXPECT_EQ(agent().state.value, AgentState::kUnknown);
    EXPECT_FALSE(fleet_.rhythm_of(agent()));
}

TEST_F(FleetTest, TrustsASourceThatSaysTheAgentIsThere) {
    writer_.source = "openclaw/main";
    writer_.model(kTestSecond);
    writer_.add(Kind::kTurn, "run", Status::kOk, kTestSecond);
    run();
    for (int i = 0; i < 60; ++i) {
        fleet_.set_source("openclaw/main", true, from_unix_us(now_us_), "answered");
        pass(kTestMinute);
    }
    EXPECT_EQ(agent().state.value, AgentState::kIdle);
    fleet_.set_source("openclaw/main", false, from_unix_us(now_us_), "no answer for 30 s");
    pass(kTestSecond);
    EXPECT_EQ(agent().state.value, AgentState::kOffline);
    EXPECT_EQ(agent().state.why, "no answer for 30 s");
    ASSERT_NE(agent().attention, nullptr);
    EXPECT_EQ(agent().attention->kind, "offline");
    fleet_.set_source("openclaw/main", true, from_unix_us(now_us_), "answered");
    pass(kTestSecond);
    EXPECT_EQ(agent().state.value, AgentState::kIdle);
    EXPECT_EQ(agent().attention, nullptr);
}

TEST_F(FleetTest, DoesNotReddenWhenOnlyTheLogsGoSilent) {
    for (int i = 0; i < 200; ++i) {
        writer_.source = "otlp/logs";
        if (i < 20) writer_.add(Kind::kLog, "note", Status::kUnset);
        writer_.source = "otlp/traces";
        writer_.model(2 * kTestSecond);
        writer_.wait(20 * kTestSecond);
        run();
        fleet_.tick(from_unix_us(now_us_));
        EXPECT_TRUE(agent().state.value == AgentState::kWorking || agent().state.value == AgentState::kIdle)
            << i;
    }
}

TEST_F(FleetTest, EndsSessionsOnTheirSourcesWord) {
    writer_.model(kTestSecond);
    writer_.add(Kind::kSession, "session.end", Status::kOk);
    run();
    EXPECT_EQ(session().state.value, AgentState::kOffline);
    EXPECT_TRUE(session().activity.is_ended());
    EXPECT_EQ(session().attention, nullptr) << "an end in good order needs nobody";
    EXPECT_EQ(agent().state.value, AgentState::kIdle);
    EXPECT_EQ(totals().sessions[static_cast<size_t>(AgentState::kOffline)], 0u);
    pass(25 * kTestHour);
    EXPECT_FALSE(fleet_.find_session("default", "s1"));
}

TEST_F(FleetTest, KeepsAFailureVisibleUntilSomethingNewerGoesWell) {
    writer_.add(Kind::kTurn, "run", Status::kError, kTestSecond).error_type = "tool_error";
    run();
    EXPECT_EQ(agent().state.value, AgentState::kFailed);
    ASSERT_NE(session().attention, nullptr);
    EXPECT_EQ(session().attention->severity, Severity::kCritical);
    writer_.session = "s2";
    writer_.add(Kind::kTurn, "run", Status::kOk, kTestSecond);
    run();
    EXPECT_EQ(session("s1").state.value, AgentState::kFailed);
    EXPECT_EQ(agent().state.value, AgentState::kIdle);
}

TEST_F(FleetTest, FindsALoopShowsItAndLetsItGo) {
    for (int i = 0; i < 6; ++i) {
        writer_.model(2 * kTestSecond, 5000, 100);
        writer_.tool("Bash", "ls", "same", 10'000);
    }
    run();
    EXPECT_EQ(session().state.value, AgentState::kLooping);
    EXPECT_EQ(agent().state.value, AgentState::kLooping);
    ASSERT_EQ(session().watch.detections().size(), 1u);
    const Detection& found = session().watch.detections()[0];
    EXPECT_EQ(found.kind, DetectionKind::kSameCall);
    EXPECT_EQ(found.count, 6u);
    EXPECT_EQ(found.signature, "Bash ls");
    EXPECT_EQ(found.tokens, 5u * 5100);
    EXPECT_GT(found.cost_nano_usd, 0);
    ASSERT_NE(session().attention, nullptr);
    EXPECT_EQ(session().attention->kind, "looping");
    const Changes changes = fleet_.take_changes();
    EXPECT_FALSE(changes.detected.empty());
    for (int i = 0; i < 2; ++i) {
        writer_.model(2 * kTestSecond);
        writer_.tool("Edit", fmt::format("new-{}", i), "ok", 10'000);
    }
    run();
    EXPECT_EQ(session().state.value, AgentState::kWorking);
    EXPECT_EQ(session().attention, nullptr);
    EXPECT_EQ(fleet_.take_changes().gone.at(0).key, "attention/looping:s1");
}

TEST_F(FleetTest, CallsAModelThatAlwaysRefusesAFailureWithItsRepetition) {
    for (int i = 0; i < 8; ++i) {
        writer_.add(Kind::kModelCall, "chat", Status::kError, kTestSecond).error_type = "server_error";
        writer_.wait(kTestSecond);
    }
    run();
    EXPECT_EQ(session().state.value, AgentState::kFailed);
    ASSERT_NE(session().attention, nullptr);
    ASSERT_TRUE(session().attention->detection);
    EXPECT_EQ(session().attention->detection->kind, DetectionKind::kSameError);
    EXPECT_EQ(session().attention->detection->count, 8u);
}

TEST_F(FleetTest, LetsALoopGoThatHasStopped) {
    for (int i = 0; i < 6; ++i) {
        writer_.model(2 * kTestSecond, 5000, 100);
        writer_.tool("Bash", "ls", "same", 10'000);
    }
    run();
    EXPECT_EQ(session().state.value, AgentState::kLooping);
    pass(3 * kTestMinute);
    EXPECT_NE(session().state.value, AgentState::kLooping);
}

TEST_F(FleetTest, DismissesAnEpisodeNotTheKind) {
    writer_.add(Kind::kTurn, "run", Status::kError, kTestSecond);
    run();
    EXPECT_FALSE(fleet_.dismiss("other", "failed:s1"));
    EXPECT_TRUE(fleet_.dismiss("default", "failed:s1"));
    EXPECT_EQ(session().attention, nullptr);
    pass(kTestMinute);
    EXPECT_EQ(session().attention, nullptr) << "it stays dismissed";
    EXPECT_FALSE(fleet_.dismiss("default", "failed:s1"));
    writer_.add(Kind::kTurn, "run", Status::kError, kTestSecond);
    run();
    EXPECT_NE(session().attention, nullptr) << "another failure is another episode";
}

TEST_F(FleetTest, HidesADismissedConditionUntilItHasPassed) {
    Attention attention;
    attention.id = "source/x";
    attention.title = "no answer";
    fleet_.set_condition("default", attention);
    EXPECT_EQ(fleet_.take_changes().attention.size(), 1u);
    fleet_.set_condition("default", attention);
    EXPECT_TRUE(fleet_.take_changes().attention.empty()) << "said again";
    EXPECT_TRUE(fleet_.dismiss("default", "source/x"));
    attention.title = "still no answer";
    fleet_.set_condition("default", attention);
    const Changes changes = fleet_.take_changes();
    EXPECT_EQ(changes.gone.size(), 1u);
    EXPECT_TRUE(changes.attention.empty());
    fleet_.clear_condition("default", "source/x");
    fleet_.set_condition("default", attention);
    EXPECT_EQ(fleet_.take_changes().attention.size(), 1u) << "another time is another trouble";
}

TEST_F(FleetTest, EvictsEndedSessionsFirstAndStaysBounded) {
    StateOptions options;
    options.limits.sessions_max = 100;
    options.limits.agents_max = 10;
    fleet_ = Fleet(options);
    writer_.session = "alive";
    writer_.add(Kind::kTurn, "run", Status::kRunning);
    for (int i = 0; i < 1000; ++i) {
        writer_.session = fmt::format("s{}", i);
        writer_.agent = fmt::format("a{}", i % 37);
        writer_.model(1000);
        writer_.add(Kind::kSession, "end", Status::kOk);
        run();
    }
    EXPECT_LE(fleet_.session_count(), 100u);
    EXPECT_LE(fleet_.agent_count(), 10u);
    EXPECT_GT(fleet_.evicted_sessions(), 800u);
    EXPECT_TRUE(fleet_.find_session("default", "alive")) << "the living stay";
    EXPECT_TRUE(fleet_.find_session("default", "s999"));
    uint32_t counted = 0;
    for (const uint32_t count : totals().sessions) counted += count;
    EXPECT_LE(counted, 1u);
}

TEST_F(FleetTest, HandlesWorkOutsideSessions) {
    writer_.session = "";
    writer_.model(kTestSecond);
    run();
    EXPECT_EQ(fleet_.session_count(), 0u);
    EXPECT_EQ(agent().state.value, AgentState::kWorking);
    pass(10 * kTestMinute);
    EXPECT_NE(agent().state.value, AgentState::kWorking);
    EXPECT_NE(agent().state.value, AgentState::kOffline);
}

TEST_F(FleetTest, BecomesQuiet) {
    writer_.model(kTestSecond);
    run();
    EXPECT_FALSE(fleet_.is_quiet(from_unix_us(now_us_)));
    pass(kTestHour);
    EXPECT_TRUE(fleet_.is_quiet(from_unix_us(now_us_)));
    fleet_.take_changes();
    pass(kTestMinute);
    EXPECT_TRUE(fleet_.take_changes().sessions.empty());
}

}  // namespace
}  // namespace nightshift::fleet
