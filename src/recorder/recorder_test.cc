#include "recorder/recorder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/random.h"
#include "recorder/event_fixture.h"

namespace nightshift::recorder {
namespace {

using testing::append;
using testing::batch_of;
using testing::Folder;
using testing::model_call;

constexpr int64_t kNowUs = 1'790'000'000'000'000;

class RecorderTest : public ::testing::Test {
protected:
    RecorderTest() { options_.directory = folder_.path(); }

    void open() {
        recorder_.reset();
        Result<std::unique_ptr<Recorder>> opened = Recorder::open(options_, clock_);
        ASSERT_TRUE(opened) << opened.error().message;
        recorder_ = std::move(*opened);
    }
    std::vector<std::string> ids(EventQuery query = {}) {
        Result<EventPage> page = recorder_->events(query);
        EXPECT_TRUE(page) << page.error().message;
        std::vector<std::string> found;
        for (const Event& event : page->batch->events) found.emplace_back(event.id);
        return found;
    }

    Folder folder_;
    Options options_;
    ManualClock clock_{from_unix_us(kNowUs)};
    std::unique_ptr<Recorder> recorder_;
};

TEST_F(RecorderTest, GivesBackWhatWasAppended) {
    open();
    auto batch = std::make_shared<EventBatch>();
    Event event = model_call(*batch, 7, kNowUs);
    event.attributes = R"({"path":"/srv"})";
    batch->events.push_back(event);
    Result<Receipt> receipt = append(*recorder_, batch);
    ASSERT_TRUE(receipt) << receipt.error().message;
    EXPECT_EQ(receipt->accepted, 1u);
    EXPECT_EQ(receipt->position, recorder_->position());

    Result<EventPage> page = recorder_->events({});
    ASSERT_TRUE(page);
    ASSERT_EQ(page->batch->events.size(), 1u);
    testing::expect_same(page->batch->events[0], batch->events[0]);
    EXPECT_TRUE(page->next_cursor.empty());
}

TEST_F(RecorderTest, DropsARetryAlsoInAnotherBatchAndAfterARestart) {
    open();
    ASSERT_TRUE(append(*recorder_, batch_of(10, kNowUs)));
    Result<Receipt> retry = append(*recorder_, batch_of(12, kNowUs));
    ASSERT_TRUE(retry);
    EXPECT_EQ(retry->accepted, 2u);
    EXPECT_EQ(retry->duplicates, 10u);
    open();
    retry = append(*recorder_, batch_of(12, kNowUs));
    ASSERT_TRUE(retry);
    EXPECT_EQ(retry->duplicates, 12u);
    ASSERT_TRUE(recorder_->seal_all());
    open();
    retry = append(*recorder_, batch_of(13, kNowUs));
    ASSERT_TRUE(retry);
    EXPECT_EQ(retry->duplicates, 12u);
    EXPECT_EQ(ids().size(), 13u);
}

TEST_F(RecorderTest, DropsADuplicateInsideABatch) {
    open();
    auto batch = batch_of(1, kNowUs);
    batch->events.push_back(batch->events[0]);
    Result<Receipt> receipt = append(*recorder_, batch);
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->accepted, 1u);
    EXPECT_EQ(receipt->duplicates, 1u);
}

TEST_F(RecorderTest, RemembersNoIdOfASenderThatNeverRepeats) {
    open();
    for (int i = 0; i < 2; ++i) {
        auto batch = batch_of(10, kNowUs);
        batch->may_repeat = false;
        Result<Receipt> receipt = append(*recorder_, batch);
        ASSERT_TRUE(receipt);
        EXPECT_EQ(receipt->accepted, 10u);
    }
    Result<Receipt> other = append(*recorder_, batch_of(10, kNowUs));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->accepted, 10u);
}

TEST_F(RecorderTest, TapHearsEveryBatchOnceInLogOrderWithoutDuplicates) {
    open();
    std::vector<Position> positions;
    size_t events = 0;
    recorder_->set_tap([&](std::shared_ptr<const EventBatch> batch, Position position) {
        positions.push_back(position);
        events += batch->events.size();
    });
    ASSERT_TRUE(append(*recorder_, batch_of(5, kNowUs)));
    ASSERT_TRUE(append(*recorder_, batch_of(5, kNowUs)));
    ASSERT_TRUE(append(*recorder_, batch_of(8, kNowUs)));
    EXPECT_EQ(events, 8u);
    ASSERT_EQ(positions.size(), 2u);
    EXPECT_LT(positions[0], positions[1]);
}

TEST_F(RecorderTest, ReplaysTheLogAndTheSegmentsInOrder) {
    open();
    ASSERT_TRUE(append(*recorder_, batch_of(100, kNowUs)));
    ASSERT_TRUE(recorder_->seal_all());
    Result<Receipt> second = append(*recorder_, batch_of(150, kNowUs));
    ASSERT_TRUE(second);
    ASSERT_TRUE(recorder_->seal_all());
    ASSERT_TRUE(append(*recorder_, batch_of(170, kNowUs)));
    auto replay = [&](Position from) {
        std::vector<std::string> spans;
        Position last = from;
        Result<void> done = recorder_->replay(from, [&](const EventBatch& batch, Position position) {
            EXPECT_GT(position, last);
            last = position;
            for (const Event& event : batch.events) spans.emplace_back(event.span);
            return true;
        });
        EXPECT_TRUE(done);
        return spans;
    };
    std::vector<std::string> all = replay(0);
    ASSERT_EQ(all.size(), 170u);
    EXPECT_EQ(all, testing::spans_of(*batch_of(170, kNowUs)));
    EXPECT_EQ(replay(second->position).size(), 20u);
    EXPECT_EQ(replay(90).size(), 80u);
}

TEST_F(RecorderTest, PagesThroughEventsInBothOrders) {
    open();
    ASSERT_TRUE(append(*recorder_, batch_of(60, kNowUs)));
    ASSERT_TRUE(recorder_->seal_all());
    ASSERT_TRUE(append(*recorder_, batch_of(100, kNowUs)));
    for (bool newest_first : {true, false}) {
        EventQuery query;
        query.newest_first = newest_first;
        query.limit = 7;
        std::vector<int64_t> times;
        do {
            Result<EventPage> page = recorder_->events(query);
            ASSERT_TRUE(page);
            for (const Event& event : page->batch->events) times.push_back(event.time_us);
            query.cursor = page->next_cursor;
        } while (!query.cursor.empty());
        EXPECT_EQ(times.size(), 100u);
        EXPECT_TRUE(newest_first ? std::is_sorted(times.rbegin(), times.rend())
                                 : std::is_sorted(times.begin(), times.end()));
    }
}

TEST_F(RecorderTest, NothingCrossesTenants) {
    open();
    auto batch = batch_of(10, kNowUs);
    for (size_t i = 0; i < 4; ++i) batch->events[i].tenant = "other";
    ASSERT_TRUE(append(*recorder_, batch));
    EXPECT_EQ(ids().size(), 6u);
    EventQuery query;
    query.scope.tenant = "other";
    EXPECT_EQ(ids(query).size(), 4u);
    ASSERT_TRUE(recorder_->seal_all());
    EXPECT_EQ(ids().size(), 6u);
    EXPECT_EQ(ids(query).size(), 4u);
    query.scope.tenant = "../default";
    EXPECT_TRUE(ids(query).empty());
}

TEST_F(RecorderTest, CutsATornTailAndKeepsTheRest) {
    open();
    ASSERT_TRUE(append(*recorder_, batch_of(10, kNowUs)));
    recorder_.reset();
    std::filesystem::path log;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "log")) {
        if (entry.path().extension() == ".log") log = entry.path();
    }
    std::ofstream(log, std::ios::app | std::ios::binary) << "NSB1 this was never finished";
    open();
    EXPECT_EQ(ids().size(), 10u);
    ASSERT_TRUE(append(*recorder_, batch_of(20, kNowUs)));
    open();
    EXPECT_EQ(ids().size(), 20u);
}

TEST_F(RecorderTest, SetsADamagedSegmentAsideAndReadsTheRest) {
    open();
    ASSERT_TRUE(append(*recorder_, batch_of(10, kNowUs)));
    ASSERT_TRUE(recorder_->seal_all());
    ASSERT_TRUE(append(*recorder_, batch_of(30, kNowUs)));
    ASSERT_TRUE(recorder_->seal_all());
    recorder_.reset();
    std::vector<std::filesystem::path> segments;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "segments")) {
        if (entry.path().extension() == ".segment") segments.push_back(entry.path());
    }
    std::sort(segments.begin(), segments.end());
    ASSERT_EQ(segments.size(), 2u);
    {
        std::fstream file(segments[0], std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20);
        file << "damage";
    }
    open();
    EXPECT_EQ(ids().size(), 20u);
    EXPECT_EQ(recorder_->stats().set_aside.size(), 1u);
    EXPECT_FALSE(std::filesystem::exists(segments[0]));
    EXPECT_EQ(ids().size(), 20u);
}

TEST_F(RecorderTest, KeepsContentApartAndOnlyWhenTold) {
    options_.keep_content = true;
    open();
    auto batch = batch_of(3, kNowUs);
    batch->events[1].content = R"({"prompt":"hello"})";
    ASSERT_TRUE(append(*recorder_, batch));
    std::string id(batch->events[1].id);
    EXPECT_EQ(recorder_->content("default", id).value_or(""), R"({"prompt":"hello"})");
    EXPECT_EQ(recorder_->content("other", id).error().code, Code::kNotFound);
    open();
    EXPECT_EQ(recorder_->content("default", id).value_or(""), R"({"prompt":"hello"})");
    clock_.advance(std::chrono::hours(24 * 5));
    ASSERT_TRUE(recorder_->seal_all());
    EXPECT_FALSE(recorder_->content("default", id));
}

TEST_F(RecorderTest, SurvivesHostileEvents) {
    open();
    auto batch = std::make_shared<EventBatch>();
    Random random(5);
    for (int i = 0; i < 300; ++i) batch->events.push_back(testing::hostile_event(*batch, random));
    Result<Receipt> receipt = append(*recorder_, batch);
    ASSERT_TRUE(receipt);
    EventQuery query;
    query.scope.from_us = INT64_MIN;
    query.limit = 1000;
    std::vector<std::string> before = ids(query);
    EXPECT_GT(before.size(), 100u);
    ASSERT_TRUE(recorder_->seal_all());
    EXPECT_EQ(ids(query), before);
    open();
    EXPECT_EQ(ids(query), before);
}

TEST_F(RecorderTest, ForgetsByAgeAndBySize) {
    open();
    ASSERT_TRUE(append(*recorder_, batch_of(10, kNowUs)));
    ASSERT_TRUE(recorder_->seal_all());
    EXPECT_EQ(recorder_->stats().segments, 1u);
    clock_.advance(std::chrono::hours(24 * 31));
    ASSERT_TRUE(recorder_->seal_all());
    EXPECT_EQ(recorder_->stats().segments, 0u);
    EXPECT_TRUE(ids().empty());
}

TEST_F(RecorderTest, LeavesNoLogBehindOnceAllIsSealed) {
    open();
    ASSERT_TRUE(append(*recorder_, batch_of(10, kNowUs)));
    ASSERT_TRUE(recorder_->seal_all());
    ASSERT_TRUE(append(*recorder_, batch_of(20, kNowUs)));
    ASSERT_TRUE(recorder_->seal_all());
    size_t logs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "log"))
        logs += entry.path().extension() == ".log";
    EXPECT_LE(logs, 1u);
}

TEST_F(RecorderTest, AppendsFromManyThreads) {
    open();
    std::vector<std::thread> threads;
    std::atomic<uint32_t> accepted = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                auto batch = batch_of(50, kNowUs + (t * 20 + i) * 1000000ll);
                Result<Receipt> receipt = append(*recorder_, batch);
                if (receipt) accepted += receipt->accepted;
                EXPECT_TRUE(recorder_->events({}));
            }
        });
    }
    std::thread sealer([&] {
        for (int i = 0; i < 5; ++i) EXPECT_TRUE(recorder_->seal_all());
    });
    for (std::thread& thread : threads) thread.join();
    sealer.join();
    EXPECT_EQ(accepted, 4000u);
    EventQuery query;
    query.limit = 10000;
    EXPECT_EQ(ids(query).size(), 4000u);
}

}  // namespace
}  // namespace nightshift::recorder
