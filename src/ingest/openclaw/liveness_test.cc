#include "ingest/openclaw/liveness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "ingest/openclaw/json.h"
#include "ingest/openclaw/reconcile.h"
#include "ingest/openclaw/replay_testing.h"

namespace nightshift::ingest::openclaw {
namespace {

const Time kStart = from_unix_ms(1'795'314'000'000);

Liveness answering_gateway() {
    Liveness liveness;
    liveness.connecting(kStart);
    liveness.connected(kStart - seconds(600), kStart);
    liveness.answered(milliseconds(20), kStart);
    return liveness;
}

TEST(Liveness, IsUnknownUntilARealCallIsAnswered) {
    Liveness liveness;
    EXPECT_EQ(liveness.judge(kStart).state, SourceState::kUnknown);
    liveness.connecting(kStart);
    EXPECT_EQ(liveness.judge(kStart).state, SourceState::kUnknown);
    liveness.connected(kStart - seconds(600), kStart);
    EXPECT_EQ(liveness.judge(kStart).state, SourceState::kUnknown);
    liveness.answered(milliseconds(20), kStart + seconds(1));
    EXPECT_EQ(liveness.judge(kStart + seconds(1)).state, SourceState::kPassing);
    EXPECT_EQ(liveness.judge(kStart + seconds(1)).since, kStart + seconds(1));
}

TEST(Liveness, FailsWhileThereIsNoConnection) {
    Liveness liveness = answering_gateway();
    liveness.said_shutdown("gateway stopping");
    liveness.disconnected("closed with 1012", kStart + seconds(5));
    const Verdict& verdict = liveness.judge(kStart + seconds(5));
    EXPECT_EQ(verdict.state, SourceState::kFailing);
    EXPECT_NE(verdict.why.find("gateway stopping"), std::string::npos);
    EXPECT_EQ(liveness.judge(kStart + seconds(500)).since, kStart + seconds(5));
}

TEST(Liveness, OneUnansweredCallIsStaleTwoAreFailing) {
    Liveness liveness = answering_gateway();
    liveness.unanswered("health: no answer in 10 s");
    EXPECT_EQ(liveness.judge(kStart + seconds(25)).state, SourceState::kStale);
    liveness.unanswered("health: no answer in 10 s");
    const Verdict& verdict = liveness.judge(kStart + seconds(40));
    EXPECT_EQ(verdict.state, SourceState::kFailing);
    EXPECT_NE(verdict.why.find("health"), std::string::npos);
    liveness.answered(milliseconds(9), kStart + seconds(50));
    EXPECT_EQ(liveness.judge(kStart + seconds(50)).state, SourceState::kPassing);
}

TEST(Liveness, FailsWhenNotEvenTicksCome) {
    Liveness liveness = answering_gateway();
    liveness.heard(kStart + seconds(30));
    EXPECT_EQ(liveness.judge(kStart + seconds(40)).state, SourceState::kPassing);
    EXPECT_EQ(liveness.judge(kStart + seconds(60)).state, SourceState::kStale);
    EXPECT_EQ(liveness.judge(kStart + seconds(96)).state, SourceState::kFailing);
}

TEST(Liveness, FailsWhenEveryTurnFailsThoughCallsAreAnswered) {
    Liveness liveness = answering_gateway();
    for (int i = 0; i < 2; ++i) liveness.turn_ended("g/main", false, "server_error", kStart);
    EXPECT_EQ(liveness.judge(kStart).state, SourceState::kPassing);
    liveness.turn_ended("g/ops", false, "server_error", kStart);
    const Verdict& verdict = liveness.judge(kStart);
    EXPECT_EQ(verdict.state, SourceState::kFailing);
    EXPECT_NE(verdict.why.find("all of the last 3 turns failed"), std::string::npos);
    liveness.turn_ended("g/main", true, "", kStart);
    EXPECT_EQ(liveness.judge(kStart).state, SourceState::kPassing);
    EXPECT_EQ(liveness.turns_failed(), 3u);
    EXPECT_EQ(liveness.turns_ok(), 1u);
}

TEST(Liveness, AnAgentWithAWrongModelIsNotTheGatewaysFault) {
    Liveness liveness = answering_gateway();
    liveness.turn_ended("g/main", true, "", kStart);
    for (int i = 0; i < 10; ++i) liveness.turn_ended("g/ops", false, "model_not_found", kStart);
    EXPECT_EQ(liveness.judge(kStart).state, SourceState::kPassing);
    for (int i = 0; i < 3; ++i) liveness.turn_ended("g/main", false, "gateway_internal", kStart);
    EXPECT_EQ(liveness.judge(kStart).state, SourceState::kFailing);
}

TEST(Liveness, FailuresBeforeARestartAreNoEvidence) {
    Liveness liveness = answering_gateway();
    for (int i = 0; i < 5; ++i) liveness.turn_ended("g/main", false, "gateway_internal", kStart);
    liveness.disconnected("gone", kStart + seconds(1));
    liveness.connected(kStart + seconds(20), kStart + seconds(30));
    liveness.answered(milliseconds(9), kStart + seconds(30));
    for (int i = 0; i < 5; ++i) liveness.turn_ended("g/main", false, "gateway_internal", kStart + seconds(2));
    EXPECT_EQ(liveness.judge(kStart + seconds(30)).state, SourceState::kPassing);
    for (int i = 0; i < 3; ++i)
        liveness.turn_ended("g/main", false, "gateway_internal", kStart + seconds(29));
    EXPECT_EQ(liveness.judge(kStart + seconds(30)).state, SourceState::kFailing);
}

TEST(Liveness, OldFailuresAreForgotten) {
    Liveness liveness = answering_gateway();
    for (int i = 0; i < 5; ++i) liveness.turn_ended("g/main", false, "gateway_internal", kStart);
    Time later = kStart + seconds(1801);
    liveness.answered(milliseconds(9), later);
    EXPECT_EQ(liveness.judge(later).state, SourceState::kPassing);
}

// A real gateway whose database worker had died: its /healthz and /readyz said 200 all the while.
TEST(Liveness, CallsAWedgedGatewayFailing) {
    Liveness by_calls = answering_gateway();
    for (const char* file : {"wedged-health.json", "wedged-sessions.list.json"}) {
        Frame answer = testing::answer(file);
        ASSERT_FALSE(answer.is_ok());
        by_calls.unanswered(answer.error().message);
    }
    EXPECT_EQ(by_calls.judge(kStart + seconds(30)).state, SourceState::kFailing);

    // Even if it had answered: the turns tell.
    Liveness by_turns = answering_gateway();
    Mapper mapper(testing::options());
    recorder::EventBatch out;
    Hello hello;
    hello.methods = {"audit.activity.list"};
    Reconciliation reconciliation(mapper, hello, 0);
    while (auto call = reconciliation.next()) {
        if (call->method == "audit.activity.list")
            reconciliation.answered(testing::answer("wedged-audit.activity.list.json"), out);
        else
            reconciliation.unanswered();
    }
    Time now{};
    for (const recorder::Event& event : out.events) {
        if (event.kind != recorder::Kind::kTurn || event.status == recorder::Status::kRunning) continue;
        Time ended = from_unix_us(event.time_us + event.duration_us);
        now = std::max(now, ended);
    }
    std::vector<const recorder::Event*> turns;
    for (const recorder::Event& event : out.events)
        if (event.kind == recorder::Kind::kTurn && event.status != recorder::Status::kRunning)
            turns.push_back(&event);
    std::sort(turns.begin(), turns.end(), [](const auto* a, const auto* b) {
        return a->time_us + a->duration_us < b->time_us + b->duration_us;
    });
    ASSERT_GT(turns.size(), 5u);
    for (const recorder::Event* turn : turns)
        by_turns.turn_ended(turn->agent, turn->status == recorder::Status::kOk, "gateway_internal",
                            from_unix_us(turn->time_us + turn->duration_us));
    by_turns.answered(milliseconds(9), now);
    EXPECT_EQ(by_turns.judge(now).state, SourceState::kFailing) << by_turns.judge(now).why;
}

TEST(BootWatch, TellsRestartsFromReconnects) {
    BootWatch named;
    EXPECT_EQ(named.hello("a", 1000, kStart), BootWatch::Change::kFirst);
    EXPECT_EQ(named.hello("a", 900, kStart + seconds(60)), BootWatch::Change::kSame);
    EXPECT_EQ(named.hello("b", 2000, kStart + seconds(90)), BootWatch::Change::kRestarted);
    EXPECT_EQ(named.boot_ms(), unix_ms(kStart + seconds(88)));

    BootWatch unnamed;  // the old era has no boot id
    EXPECT_EQ(unnamed.hello("", 100'000, kStart), BootWatch::Change::kFirst);
    EXPECT_EQ(unnamed.hello("", 159'000, kStart + seconds(60)), BootWatch::Change::kSame);
    EXPECT_EQ(unnamed.hello("", 3000, kStart + seconds(120)), BootWatch::Change::kRestarted);
}

TEST(BootWatch, SeesBothRestartsOfTheRecording) {
    BootWatch watch;
    int restarts = 0;
    for (const auto& step : testing::recording("frames-2026.9.6.jsonl")) {
        if (step.frame.find("hello-ok") == std::string::npos) continue;
        auto hello = parse_hello(testing::frame(step.frame), Scope::kRead);
        ASSERT_TRUE(hello);
        restarts += watch.hello(hello->boot_id, hello->uptime_ms, step.when) == BootWatch::Change::kRestarted;
    }
    EXPECT_EQ(restarts, 2);
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
