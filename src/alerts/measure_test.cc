#include "alerts/measure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/random.h"
#include "base/text.h"

namespace nightshift::alerts {
namespace {

const Time kNow = from_unix_us(1'700'000'000'000'000);

// A real recorder with the events of a test.
class MeasureTest : public testing::Test {
protected:
    MeasureTest() {
        std::string name = random_bytes(6);
        folder_ =
            std::filesystem::temp_directory_path() / ("measure_test_" + to_hex(name.data(), name.size()));
        recorder::Options options;
        options.directory = folder_;
        auto opened = recorder::Recorder::open(options, clock_);
        EXPECT_TRUE(opened);
        recorder_ = std::move(*opened);
    }
    ~MeasureTest() override {
        recorder_.reset();
        std::filesystem::remove_all(folder_);
    }

    void record(std::string_view agent, seconds ago, recorder::Status status = recorder::Status::kOk) {
        auto batch = std::make_shared<recorder::EventBatch>();
        recorder::Event event;
        event.time_us = unix_us(kNow - ago);
        event.kind = recorder::Kind::kModelCall;
        event.status = status;
        event.tenant = "default";
        event.agent = batch->keep(agent);
        event.id = batch->keep(fmt::format("e{}", ++count_));
        batch->events.push_back(event);
        std::promise<void> done;
        recorder_->append(std::move(batch), [&](const Result<recorder::Receipt>& receipt) {
            EXPECT_TRUE(receipt);
            done.set_value();
        });
        done.get_future().wait();
    }

    static Rule rule(SignalKind on) {
        Rule made;
        made.name = "r";
        made.on = on;
        made.measure.where = "kind = model_call";
        made.measure.over = seconds(600);
        return made;
    }

    ManualClock clock_{kNow};
    std::filesystem::path folder_;
    std::unique_ptr<recorder::Recorder> recorder_;
    int count_ = 0;
};

TEST_F(MeasureTest, CountsSecondsOfSilenceOfEachGroup) {
    record("a", seconds(300));
    record("a", seconds(100));
    record("b", seconds(7));
    Rule silence = rule(SignalKind::kSilence);
    silence.measure.group_by = {"agent"};
    auto seen = measure(*recorder_, silence, kNow);
    ASSERT_TRUE(seen);
    ASSERT_EQ(seen->size(), 2u);
    for (const Signal& each : *seen) EXPECT_EQ(each.value, each.labels.get("agent") == "a" ? 100 : 7);
    // What was never heard of within the window is not known to exist.
    silence.measure.over = seconds(50);
    EXPECT_EQ(measure(*recorder_, silence, kNow)->size(), 1u);
}

TEST_F(MeasureTest, DividesAndTakesNothingForNothing) {
    record("a", seconds(10), recorder::Status::kError);
    record("a", seconds(20));
    record("a", seconds(30));
    record("a", seconds(40));
    Rule ratio = rule(SignalKind::kQuery);
    ratio.measure.aggregate = "errors";
    ratio.measure.divide_by = "count";
    auto seen = measure(*recorder_, ratio, kNow);
    ASSERT_TRUE(seen);
    ASSERT_EQ(seen->size(), 1u);
    EXPECT_DOUBLE_EQ((*seen)[0].value, 0.25);
    ratio.measure.where = "agent = \"nobody\"";
    EXPECT_TRUE(measure(*recorder_, ratio, kNow)->empty());
    ratio.measure.divide_by = "";
    EXPECT_EQ(measure(*recorder_, ratio, kNow)->at(0).value, 0);
}

TEST_F(MeasureTest, ComparesWithItsOwnPast) {
    for (int i = 0; i < 6; ++i) record("a", seconds(i + 1));
    for (int i = 0; i < 2; ++i) record("a", seconds(3'600 + i + 1));
    Rule rising = rule(SignalKind::kQuery);
    rising.measure.aggregate = "count";
    rising.measure.against = seconds(3'600);
    auto seen = measure(*recorder_, rising, kNow);
    ASSERT_TRUE(seen);
    ASSERT_EQ(seen->size(), 1u);
    EXPECT_DOUBLE_EQ((*seen)[0].value, 3);
    // Without a past there is nothing to compare with.
    rising.measure.against = seconds(7'200);
    EXPECT_TRUE(measure(*recorder_, rising, kNow)->empty());
}

TEST_F(MeasureTest, SaysWhatIsWrongWithAQuery) {
    Rule bad = rule(SignalKind::kQuery);
    bad.measure.aggregate = "p95(nothing)";
    EXPECT_FALSE(measure(*recorder_, bad, kNow));
}

}  // namespace
}  // namespace nightshift::alerts
