#include "recorder/compaction.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "recorder/event_fixture.h"
#include "recorder/recorder.h"
#include "recorder/retention.h"
#include "recorder/segment_store.h"

namespace nightshift::recorder {
namespace {

constexpr int64_t kNowUs = 1'790'000'000'000'000;
constexpr int64_t kHourUs = 3600ll * 1000 * 1000;

// Four small segments of one hour, made by a recorder that is then closed.
class CompactionTest : public ::testing::Test {
protected:
    CompactionTest() {
        options_.directory = folder_.path();
        auto recorder = *Recorder::open(options_, clock_);
        for (size_t i = 1; i <= 4; ++i) {
            EXPECT_TRUE(testing::append(*recorder, testing::batch_of(i * 10, kNowUs)));
            EXPECT_TRUE(recorder->seal_all());
        }
    }
    SegmentStore::Opened reopen(SegmentStore& store) {
        Result<SegmentStore::Opened> opened = store.open();
        EXPECT_TRUE(opened);
        return *opened;
    }
    size_t count_events() {
        auto recorder = *Recorder::open(options_, clock_);
        EventQuery query;
        query.limit = 1000;
        return (*recorder->events(query)).batch->events.size();
    }

    testing::Folder folder_;
    Options options_;
    ManualClock clock_{from_unix_us(kNowUs)};
    Disk disk_;
};

TEST_F(CompactionTest, MergesTheSmallSegmentsOfAnHourThatIsOver) {
    SegmentStore store(folder_.path(), disk_, nullptr);
    SegmentStore::Opened opened = reopen(store);
    ASSERT_EQ(opened.segments.size(), 4u);
    EXPECT_TRUE(choose_compaction(opened.segments, kNowUs).empty());
    auto chosen = choose_compaction(opened.segments, kNowUs + 2 * kHourUs);
    ASSERT_EQ(chosen.size(), 4u);
    auto merged = store.compact(chosen, [] {});
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ((*merged)->trailer().rows, 40u);
    // As after a crash: the old ones are still there. They do not count twice, and go.
    EXPECT_EQ(count_events(), 40u);
    SegmentStore again(folder_.path(), disk_, nullptr);
    EXPECT_EQ(reopen(again).segments.size(), 1u);
    EXPECT_EQ(count_events(), 40u);
}

TEST_F(CompactionTest, RemovesWhatAnInterruptedSealLeft) {
    SegmentStore store(folder_.path(), disk_, nullptr);
    reopen(store);
    Memtable rows;
    auto batch = testing::batch_of(5, kNowUs + 7);
    rows.append(*batch, std::vector<bool>(5), 1000, kNowUs);
    uint64_t keys_folded = 0;
    std::string checkpoint = *read_file(folder_.path() / "checkpoint");
    ASSERT_TRUE(store.seal(rows, keys_folded, [] {}));
    EXPECT_EQ(count_events(), 45u);
    ASSERT_TRUE(write_file_atomically(folder_.path() / "checkpoint", checkpoint));
    EXPECT_EQ(count_events(), 40u);
    ASSERT_TRUE(write_file_atomically(folder_.path() / "checkpoint", "nonsense"));
    Result<std::unique_ptr<Recorder>> opened = Recorder::open(options_, clock_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kCorrupt);
}

TEST_F(CompactionTest, RetentionTakesTheOldestFirst) {
    SegmentStore store(folder_.path(), disk_, nullptr);
    std::vector<std::shared_ptr<Segment>> segments = reopen(store).segments;
    uint64_t bytes = 0;
    for (const auto& segment : segments) bytes += segment->bytes();
    EXPECT_TRUE(choose_expired(segments, {INT64_MIN, bytes}).empty());
    auto expired = choose_expired(segments, {INT64_MIN, bytes - 1});
    ASSERT_EQ(expired.size(), 1u);
    EXPECT_EQ(expired[0]->number(), 1u);
    EXPECT_EQ(choose_expired(segments, {INT64_MAX, UINT64_MAX}).size(), 4u);
}

}  // namespace
}  // namespace nightshift::recorder
