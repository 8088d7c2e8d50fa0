#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "recorder/event_fixture.h"
#include "recorder/log_files.h"
#include "recorder/recorder.h"

namespace nightshift::recorder {
namespace {

using testing::append;
using testing::batch_of;
using testing::model_call;
using testing::spans_of;

constexpr int64_t kNowUs = 1'790'000'000'000'000;

class ReplayTest : public ::testing::Test {
protected:
    ReplayTest() { open(); }

    void open() {
        recorder_.reset();
        options_.directory = folder_.path();
        Result<std::unique_ptr<Recorder>> opened = Recorder::open(options_, clock_);
        ASSERT_TRUE(opened) << opened.error().message;
        recorder_ = std::move(*opened);
    }
    // The spans of the events after `from`; `meanwhile` runs after the first batch.
    std::vector<std::string> replay(Position from, const std::function<void()>& meanwhile = {}) {
        std::vector<std::string> spans;
        Position last = from;
        Result<void> done = recorder_->replay(from, [&](const EventBatch& batch, Position position) {
            EXPECT_GE(position, last + batch.events.size());
            last = position;
            if (meanwhile && spans.empty()) meanwhile();
            for (const Event& event : batch.events) spans.emplace_back(event.span);
            return true;
        });
        EXPECT_TRUE(done) << done.error().message;
        return spans;
    }
    void seal() { ASSERT_TRUE(recorder_->seal_all()); }

    testing::Folder folder_;
    Options options_;
    ManualClock clock_{from_unix_us(kNowUs)};
    std::unique_ptr<Recorder> recorder_;
};

TEST_F(ReplayTest, VisitsRowsThatAreSealedWhileItReadsSegments) {
    ASSERT_TRUE(append(*recorder_, batch_of(100, kNowUs)));
    seal();
    ASSERT_TRUE(append(*recorder_, batch_of(150, kNowUs)));
    std::vector<std::string> spans = replay(0, [this] {
        seal();
        ASSERT_TRUE(append(*recorder_, batch_of(160, kNowUs)));
        seal();  // and the log file of the first 150 goes
    });
    std::vector<std::string> expected = spans_of(*batch_of(160, kNowUs));
    ASSERT_GE(spans.size(), 150u);
    ASSERT_LE(spans.size(), 160u);
    expected.resize(spans.size());
    EXPECT_EQ(spans, expected);
}

TEST_F(ReplayTest, VisitsRowsThatAreSealedBeforeTheyAreRead) {
    ASSERT_TRUE(append(*recorder_, batch_of(2000, kNowUs)));
    std::vector<std::string> spans = replay(5, [this] { seal(); });
    std::vector<std::string> expected = spans_of(*batch_of(2000, kNowUs));
    expected.erase(expected.begin(), expected.begin() + 5);
    EXPECT_EQ(spans, expected);
}

TEST_F(ReplayTest, KeepsTheOrderOfTheLogAcrossTenantsHoursAndMemory) {
    auto batch = batch_of(600, kNowUs);
    for (size_t i = 0; i < batch->events.size(); ++i) {
        batch->events[i].tenant = i % 3 == 0 ? "other" : "default";
        batch->events[i].time_us -= static_cast<int64_t>(i % 5) * 3600 * 1000 * 1000;
    }
    auto first = std::make_shared<EventBatch>();
    auto second = std::make_shared<EventBatch>();
    first->events.assign(batch->events.begin(), batch->events.begin() + 250);
    second->events.assign(batch->events.begin() + 250, batch->events.end());
    ASSERT_TRUE(append(*recorder_, first));
    seal();
    ASSERT_TRUE(append(*recorder_, second));
    EXPECT_EQ(replay(0), spans_of(*batch));
    std::vector<std::string> tail = spans_of(*batch);
    tail.erase(tail.begin(), tail.begin() + 300);
    EXPECT_EQ(replay(300), tail);
    open();
    EXPECT_EQ(replay(0), spans_of(*batch));
}

TEST_F(ReplayTest, FindsALongLogThatWasSealedWhileItWasRecovered) {
    for (size_t count = 500; count <= 4000; count += 500)
        ASSERT_TRUE(append(*recorder_, batch_of(count, kNowUs)));
    options_.log_bytes_max = 100'000;
    open();
    EXPECT_EQ(replay(0), spans_of(*batch_of(4000, kNowUs)));
    seal();
    EXPECT_GE(recorder_->stats().seals_total, 3u);
    EXPECT_EQ(recorder_->stats().segment_rows, 4000u);
    Result<Receipt> retry = append(*recorder_, batch_of(4001, kNowUs));
    ASSERT_TRUE(retry);
    EXPECT_EQ(retry->duplicates, 4000u);
    open();
    EXPECT_EQ(replay(0), spans_of(*batch_of(4001, kNowUs)));
}

// What a failed commit left can lie in the log beside its retry.
TEST_F(ReplayTest, VisitsOnceWhatTheLogHoldsTwice) {
    auto batch = batch_of(10, kNowUs);
    ASSERT_TRUE(append(*recorder_, batch));
    recorder_.reset();
    std::string record;
    append_record(record, {11, kNowUs, 10}, encode_events(*batch, complete_ids(*batch)));
    std::ofstream(folder_.path() / "log" / log_file_name(11), std::ios::binary) << record;
    open();
    EXPECT_EQ(replay(0), spans_of(*batch));
}

TEST_F(ReplayTest, VisitsEachRowOnceInSlicesWhileOthersAppendAndSeal) {
    constexpr uint64_t kBatches = 60;
    constexpr uint64_t kBatchEvents = 40;
    std::atomic<bool> is_done = false;
    std::thread sealer([&] {
        while (!is_done) EXPECT_TRUE(recorder_->seal_all());
    });
    std::thread appender([&] {
        for (uint64_t b = 0; b < kBatches; ++b) {
            auto batch = std::make_shared<EventBatch>();
            for (uint64_t i = 0; i < kBatchEvents; ++i)
                batch->events.push_back(model_call(*batch, b * kBatchEvents + i, kNowUs));
            EXPECT_TRUE(append(*recorder_, batch));
        }
    });
    std::vector<std::string> spans;
    Position position = 0;
    while (spans.size() < kBatches * kBatchEvents && !HasFailure()) {
        size_t events = 0;
        Result<void> done = recorder_->replay(position, [&](const EventBatch& batch, Position at) {
            if (events > 100) return false;
            events += batch.events.size();
            EXPECT_GT(at, position);
            position = at;
            for (const Event& event : batch.events) spans.emplace_back(event.span);
            return true;
        });
        ASSERT_TRUE(done) << done.error().message;
    }
    appender.join();
    is_done = true;
    sealer.join();
    EXPECT_EQ(spans, spans_of(*batch_of(kBatches * kBatchEvents, kNowUs)));
}

}  // namespace
}  // namespace nightshift::recorder
