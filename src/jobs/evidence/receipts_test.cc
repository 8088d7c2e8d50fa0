// delivery, tokens and event: what other parts of Nightshift know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "jobs/evidence/bench_for_test.h"
#include "recorder/recorder.h"

namespace nightshift::jobs::evidence {
namespace {

using testing::Bench;
using ::testing::HasSubstr;
using testing::kStart;

TEST(Delivery, NeedsTheProvidersIdentifier) {
    Bench bench;
    const char* entry = R"({"delivery":{"channel":"telegram"}})";
    auto outcome = [&](const char* state, const char* identifier) {
        bench.work.deliveries = {{"telegram", state, "telegram", identifier, kStart}};
        return bench.collect(entry).outcome;
    };
    EXPECT_EQ(outcome("delivered", "4711"), Outcome::kHolds);
    EXPECT_EQ(outcome("delivered", ""), Outcome::kUnknown) << "a boolean proves nothing";
    EXPECT_EQ(outcome("queued", ""), Outcome::kUnknown);
    EXPECT_EQ(outcome("sending", ""), Outcome::kUnknown);
    EXPECT_EQ(outcome("unknown", "4711"), Outcome::kUnknown);
    EXPECT_EQ(outcome("wobbling", "4711"), Outcome::kUnknown);
    EXPECT_EQ(outcome("failed", ""), Outcome::kFails);
    bench.work.deliveries = {{"slack", "delivered", "slack", "17.2", kStart}};
    Observation none = bench.collect(entry);
    EXPECT_EQ(none.outcome, Outcome::kFails);
    EXPECT_EQ(none.observed, "nothing was sent to the channel telegram");
}

TEST(Delivery, CountsDistinctMessages) {
    Bench bench;
    const char* entry = R"({"delivery":{"channel":"t","min":2}})";
    bench.work.deliveries = {{"t", "delivered", "telegram", "1", kStart},
                             {"t", "delivered", "telegram", "1", kStart}};
    EXPECT_EQ(bench.collect(entry).outcome, Outcome::kFails) << "the same message twice";
    bench.work.deliveries.push_back({"t", "sending", "telegram", "", kStart});
    EXPECT_EQ(bench.collect(entry).outcome, Outcome::kUnknown);
    bench.work.deliveries.back() = {"t", "delivered", "telegram", "2", kStart};
    Observation both = bench.collect(entry);
    EXPECT_EQ(both.outcome, Outcome::kHolds);
    EXPECT_EQ(both.observer, "telegram");
    EXPECT_FALSE(both.is_claimants_word);
    EXPECT_THAT(Bench::error_of(R"({"delivery":{"chanel":"t"}})"), HasSubstr("did you mean 'channel'?"));
    EXPECT_NE(Bench::error_of(R"({"delivery":{}})"), "");
}

// A bench with a flight recorder.
class Recorded : public ::testing::Test {
protected:
    void SetUp() override {
        recorder::Options options;
        options.directory = bench_.folder / "recorder";
        auto opened = recorder::Recorder::open(options, bench_.clock);
        ASSERT_TRUE(opened) << opened.error().message;
        recorder_ = std::move(*opened);
        bench_.recorder = recorder_.get();
    }
    void record(recorder::Kind kind, const std::string& agent, const std::string& name, Time at,
                uint64_t tokens = 0) {
        auto batch = std::make_shared<recorder::EventBatch>();
        recorder::Event event;
        event.kind = kind;
        event.time_us = unix_us(at);
        event.tenant = "default";
        event.id = batch->keep(std::to_string(next_id_++));
        event.source = "test";
        event.agent = batch->keep(agent);
        event.session = batch->keep(agent + "/1");
        event.name = batch->keep(name);
        event.output_tokens = tokens;
        batch->events.push_back(event);
        std::promise<bool> written;
        recorder_->append(
            batch, [&written](Result<recorder::Receipt> receipt) { written.set_value(receipt.has_value()); });
        ASSERT_TRUE(written.get_future().get());
    }

    Bench bench_;
    std::unique_ptr<recorder::Recorder> recorder_;
    int next_id_ = 1;
};

TEST_F(Recorded, TokensAreThoseOfTheRun) {
    record(recorder::Kind::kModelCall, "molt", "chat", kStart - seconds(1), 5000);
    record(recorder::Kind::kModelCall, "molt", "chat", kStart + seconds(1), 300);
    record(recorder::Kind::kModelCall, "molt", "chat", kStart + seconds(100), 400);
    record(recorder::Kind::kModelCall, "other", "chat", kStart + seconds(2), 9000);
    record(recorder::Kind::kModelCall, "molt", "chat", kStart + seconds(121), 5000);
    Observation seen = bench_.collect(R"({"tokens":{"agent":"molt","min":1,"max":1000}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.value, 700);
    EXPECT_FALSE(seen.is_claimants_word);
    EXPECT_EQ(bench_.collect(R"({"tokens":{"session":"molt/1","max":500}})").outcome, Outcome::kFails);
}

TEST_F(Recorded, NoTokensAtAllAreSuspicious) {
    record(recorder::Kind::kModelCall, "molt", "chat", kStart + seconds(1), 0);
    EXPECT_EQ(bench_.collect(R"({"tokens":{"agent":"molt"}})").outcome, Outcome::kFails);
    EXPECT_EQ(bench_.collect(R"({"tokens":{"agent":"molt","max":100}})").outcome, Outcome::kFails);
    EXPECT_EQ(bench_.collect(R"({"tokens":{"agent":"molt","min":0}})").outcome, Outcome::kHolds);
    EXPECT_EQ(bench_.collect(R"({"tokens":{"agent":"quiet \"one\" or kind = log"}})").outcome,
              Outcome::kUnknown)
        << "nobody measured that one";
}

TEST(Tokens, FallBackOnTheRunsOwnReport) {
    Bench bench;
    EXPECT_EQ(bench.collect(R"({"tokens":{"min":1}})").outcome, Outcome::kUnknown) << "nobody measured";
    bench.work.execution.tokens = 1200;
    Observation told = bench.collect(R"({"tokens":{"min":1}})");
    EXPECT_EQ(told.outcome, Outcome::kHolds);
    EXPECT_TRUE(told.is_claimants_word);
    EXPECT_EQ(bench.collect(R"({"tokens":{"max":1000,"agent":"molt"}})").outcome, Outcome::kFails);
    EXPECT_THAT(Bench::error_of(R"({"tokens":{"agnt":"x"}})"), HasSubstr("did you mean 'agent'?"));
}

TEST_F(Recorded, EventsAreSeenAfterTheStart) {
    const char* entry = R"({"event":{"filter":"agent = \"molt\" and name = \"post.created\""}})";
    EXPECT_EQ(bench_.collect(entry).outcome, Outcome::kUnknown) << "an empty recorder knows nothing";
    record(recorder::Kind::kLog, "molt", "post.created", kStart - seconds(1));
    EXPECT_EQ(bench_.collect(entry).outcome, Outcome::kUnknown);
    record(recorder::Kind::kLog, "molt", "post.drafted", kStart + seconds(1));
    EXPECT_EQ(bench_.collect(entry).outcome, Outcome::kFails) << "the recorder listens, and it did not come";
    record(recorder::Kind::kLog, "molt", "post.created", kStart + seconds(2));
    Observation seen = bench_.collect(entry);
    EXPECT_EQ(seen.outcome, Outcome::kHolds);
    EXPECT_EQ(seen.value, 1);
    EXPECT_EQ(seen.observer, "recorder");
    EXPECT_EQ(bench_.collect(R"({"event":{"filter":"name = \"post.created\"","min":2}})").outcome,
              Outcome::kFails);
    EXPECT_EQ(bench_.collect(R"({"event":{"filter":"name ~ post","max":1}})").outcome, Outcome::kFails);
    EXPECT_EQ(bench_.collect(R"({"event":{"filter":"status = error","max":0}})").outcome, Outcome::kHolds);
}

TEST_F(Recorded, EventsMayStillComeWithinTheirTime) {
    const char* entry = R"({"event":{"filter":"name = \"post.created\"","within":"10m"}})";
    record(recorder::Kind::kLog, "molt", "post.drafted", kStart + seconds(1));
    EXPECT_EQ(bench_.collect(entry).outcome, Outcome::kUnknown);
    bench_.clock.advance(std::chrono::minutes(10));
    EXPECT_EQ(bench_.collect(entry).outcome, Outcome::kFails);
    record(recorder::Kind::kLog, "molt", "post.created", kStart + std::chrono::minutes(9));
    EXPECT_EQ(bench_.collect(entry).outcome, Outcome::kHolds);
}

TEST(Event, NeedsAFilterAndARecorder) {
    Bench bench;
    EXPECT_EQ(bench.collect(R"({"event":{"filter":"agent = molt"}})").outcome, Outcome::kUnknown);
    EXPECT_THAT(Bench::error_of(R"({"event":{"filter":"agnt = molt"}})"), HasSubstr("did you mean 'agent'?"));
    EXPECT_THAT(Bench::error_of(R"({"event":{"filter":"agent = 'molt'"}})"), HasSubstr("quoted with \""));
    EXPECT_NE(Bench::error_of(R"({"event":{"filter":"agent = molt","min":0}})"), "");
    EXPECT_NE(Bench::error_of(R"({"event":{}})"), "");
}

}  // namespace
}  // namespace nightshift::jobs::evidence
