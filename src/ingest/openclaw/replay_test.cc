// What real gateways sent, played into the mapper; the expected numbers were summed from the recordings' own
// usage.
#include <gtest/gtest.h>

#include <set>

#include "ingest/openclaw/replay_testing.h"

namespace nightshift::ingest::openclaw {
namespace {

using recorder::Event;
using recorder::EventBatch;
using recorder::Kind;
using recorder::Status;
using testing::recording;
using testing::replay;
using testing::sums;

TEST(Replay, TotalsOfTheNewEraAreTheGatewaysOwn) {
    Mapper mapper(testing::options());
    EventBatch out;
    replay(mapper, recording("frames-2026.9.6.jsonl"), out);

    auto calls = sums(out, Kind::kModelCall);
    EXPECT_EQ(calls.count, 32 + 19);  // messages with usage, and attempts that were tried again
    EXPECT_EQ(calls.errors, 4 + 19);
    EXPECT_EQ(calls.input_tokens, 271'014u);
    EXPECT_EQ(calls.cache_read_tokens, 135'496u);
    EXPECT_EQ(calls.output_tokens, 355u);
    EXPECT_EQ(calls.cost_nano_usd, 452'527'800);
    EXPECT_EQ(sums(out, Kind::kToolCall).count, 6);
    auto jobs = sums(out, Kind::kJob);
    EXPECT_EQ(jobs.ok, 24);
    EXPECT_EQ(jobs.errors, 14);
    EXPECT_EQ(testing::running(out, Kind::kJob), 48);
    EXPECT_EQ(testing::running(out, Kind::kTurn), 33);
    EXPECT_EQ(sums(out, Kind::kTurn).count, 31);
}

TEST(Replay, TotalsOfTheOldEraAreTheGatewaysOwn) {
    Mapper mapper(testing::options());
    EventBatch out;
    replay(mapper, recording("frames-2026.4.27.jsonl"), out);

    auto calls = sums(out, Kind::kModelCall);
    EXPECT_EQ(calls.count, 22);
    EXPECT_EQ(calls.errors, 7);
    EXPECT_EQ(calls.input_tokens, 143'754u);
    EXPECT_EQ(calls.cache_read_tokens, 71'874u);
    EXPECT_EQ(calls.output_tokens, 299u);
    EXPECT_EQ(calls.cost_nano_usd, 241'687'200);
    EXPECT_EQ(sums(out, Kind::kToolCall).count, 4);
    auto jobs = sums(out, Kind::kJob);
    EXPECT_EQ(jobs.ok, 7);
    EXPECT_EQ(jobs.errors, 2);
}

TEST(Replay, OldRunThatFailsFourTimesIsOneFailedTurn) {
    Mapper mapper(testing::options());
    EventBatch out;
    replay(mapper, recording("frames-2026.4.27.jsonl"), out);
    auto turns = sums(out, Kind::kTurn);
    EXPECT_EQ(turns.count, 13);
    EXPECT_EQ(turns.ok, 11);
    EXPECT_EQ(turns.errors, 2);
    for (const Event& event : out.events)
        if (event.kind == Kind::kTurn && event.status == Status::kError)
            EXPECT_EQ(event.error_type, "server_error");
}

TEST(Replay, HearingEverythingTwiceChangesNothing) {
    for (const char* file : {"frames-2026.9.6.jsonl", "frames-2026.4.27.jsonl"}) {
        Mapper mapper(testing::options());
        EventBatch out;
        auto steps = recording(file);
        replay(mapper, steps, out);
        EventBatch again;
        for (const auto& step : steps) {
            if (step.frame.empty()) continue;
            Frame parsed = testing::frame(step.frame);
            if (parsed.type() == Frame::Type::kEvent) mapper.map(parsed, step.when, again);
        }
        for (Kind kind : {Kind::kModelCall, Kind::kToolCall, Kind::kTurn, Kind::kJob, Kind::kMessage})
            EXPECT_EQ(sums(again, kind).count, 0) << file << " " << to_string(kind);
    }
}

TEST(Replay, EveryEventHasAnIdOfItsOwnAndComesFromTheGateway) {
    for (const char* file : {"frames-2026.9.6.jsonl", "frames-2026.4.27.jsonl"}) {
        Mapper mapper(testing::options());
        EventBatch out;
        replay(mapper, recording(file), out);
        std::set<std::string_view> ids;
        for (const Event& event : out.events) {
            EXPECT_TRUE(ids.insert(event.id).second) << event.id;
            EXPECT_EQ(event.source, "openclaw/g1");
            EXPECT_EQ(event.tenant, "default");
            EXPECT_GT(event.time_us, 1'795'300'000'000'000) << event.id;
            EXPECT_LT(event.time_us, 1'795'400'000'000'000) << event.id;
            if (event.kind == Kind::kModelCall || event.kind == Kind::kToolCall || event.kind == Kind::kTurn)
                EXPECT_TRUE(event.agent == "g1/main" || event.agent == "g1/ops") << event.agent;
        }
    }
}

TEST(Replay, OneRunOfAnOldCronJobIsOneSession) {
    Mapper mapper(testing::options());
    EventBatch out;
    replay(mapper, recording("frames-2026.4.27.jsonl"), out);
    int seen = 0;
    for (const Event& event : out.events) {
        EXPECT_FALSE(event.session.starts_with("cron:")) << event.id;
        if (event.session.find("fea3f948") == std::string_view::npos || event.kind == Kind::kJob) continue;
        EXPECT_NE(event.session.find(":run:"), std::string_view::npos) << event.id;
        seen++;
    }
    EXPECT_GT(seen, 5);
}

TEST(Replay, SubagentKnowsItsParent) {
    Mapper mapper(testing::options());
    EventBatch out;
    replay(mapper, recording("frames-2026.9.6.jsonl"), out);
    int calls = 0;
    for (const Event& event : out.events) {
        if (event.session.find(":subagent:") == std::string_view::npos || event.kind != Kind::kModelCall)
            continue;
        EXPECT_EQ(event.parent_session, "agent:main:main");
        calls++;
    }
    EXPECT_GE(calls, 1);
}

TEST(Replay, HeartbeatStormBecomesAFewCounts) {
    Mapper mapper(testing::options());
    EventBatch out;
    std::string storm =
        R"({"type":"event","event":"heartbeat","payload":{"ts":1,"status":"skipped","reason":"cron-in-progress"}})";
    Frame beat = testing::frame(storm);
    for (int second = 0; second < 600; ++second)
        mapper.map(beat, from_unix_ms(1'795'314'000'000 + second * 1000), out);
    double counted = 0;
    for (const Event& event : out.events) counted += event.value;
    EXPECT_EQ(out.events.size(), 10u);
    EXPECT_EQ(counted, 541);  // what came after the last report is told by the next
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
