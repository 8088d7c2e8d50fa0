#include "live/topic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

const Instant kStart = Instant(std::chrono::hours(1));

struct TopicTest : testing::Test {
    std::shared_ptr<Topic> make(std::string name, TopicLimits limits = {}) {
        auto topic = std::make_shared<Topic>(name, *topic_kind(name), 0, limits, ring_bytes);
        topic->set_tracked(true);
        return topic;
    }
    static std::string last_delta(const Topic& topic) {
        auto deltas = topic.deltas_after(topic.head() - 1, SIZE_MAX, SIZE_MAX);
        return deltas ? std::string(deltas->deltas.back().message->json()) : "none";
    }
    static std::string snapshot_json_of(Topic& topic, Instant now) {
        return std::string(topic.snapshot(now, std::nullopt).message->json());
    }

    std::atomic<int64_t> ring_bytes{0};
};

TEST_F(TopicTest, ConflatesChangesOfOneKeyIntoTheNewest) {
    auto topic = make("fleet");
    EXPECT_TRUE(topic->put("a", R"({"key":"a","v":1})"));
    EXPECT_FALSE(topic->put("a", R"({"key":"a","v":2})"));
    EXPECT_FALSE(topic->put("a", R"({"key":"a","v":3})"));
    EXPECT_TRUE(topic->freeze(kStart));
    EXPECT_EQ(last_delta(*topic),
              R"({"type":"delta","topic":"fleet","seq":1,"put":[{"key":"a","v":3}],"remove":[]})");
    EXPECT_FALSE(topic->freeze(kStart));
    EXPECT_EQ(topic->head(), 1u);
}

TEST_F(TopicTest, SaysNothingWhenAValueStaysTheSame) {
    auto topic = make("fleet");
    topic->put("a", "1");
    topic->freeze(kStart);
    EXPECT_FALSE(topic->put("a", "1"));
    EXPECT_FALSE(topic->remove("unknown"));
    EXPECT_FALSE(topic->freeze(kStart));
}

TEST_F(TopicTest, RemovesKeys) {
    auto topic = make("fleet");
    topic->put("session/\"a\"", "1");
    topic->put("b", "2");
    topic->freeze(kStart);
    EXPECT_TRUE(topic->remove("session/\"a\""));
    topic->freeze(kStart);
    EXPECT_THAT(last_delta(*topic), HasSubstr(R"("put":[],"remove":["session/\"a\""]})"));
    EXPECT_EQ(snapshot_json_of(*topic, kStart), R"({"type":"snapshot","topic":"fleet","seq":2,"items":[2]})");
}

TEST_F(TopicTest, KeepsEveryItemOfALogInOrder) {
    auto topic = make("session:a\"b");
    EXPECT_TRUE(topic->append("1"));
    EXPECT_FALSE(topic->append("1"));
    EXPECT_FALSE(topic->append("2"));
    topic->freeze(kStart);
    EXPECT_EQ(last_delta(*topic),
              R"({"type":"delta","topic":"session:a\"b","seq":1,"items":[1,1,2],"dropped":0})");
}

TEST_F(TopicTest, CountsItemsBeyondTheTicksLimit) {
    TopicLimits limits;
    limits.tick_bytes_max = 10;
    auto topic = make("events", limits);
    topic->append("\"aaaaaa\"");
    topic->append("\"bbbbbb\"");
    topic->append("1");
    topic->append(std::string(1000, '9'));
    topic->freeze(kStart);
    EXPECT_THAT(last_delta(*topic), HasSubstr(R"("items":["aaaaaa",1],"dropped":2})"));
    EXPECT_EQ(topic->dropped_total(), 2u);
}

TEST_F(TopicTest, TellsOfDropsEvenWhenNothingWasKept) {
    TopicLimits limits;
    limits.tick_bytes_max = 4;
    auto topic = make("events", limits);
    EXPECT_TRUE(topic->append("123456"));
    EXPECT_TRUE(topic->freeze(kStart));
    EXPECT_THAT(last_delta(*topic), HasSubstr(R"("items":[],"dropped":1})"));
}

TEST_F(TopicTest, PutsItemsOnOneLine) {
    auto topic = make("events");
    topic->append("{\n  \"a\":\r\n 1}");
    topic->freeze(kStart);
    EXPECT_THAT(last_delta(*topic), Not(AnyOf(HasSubstr("\n"), HasSubstr("\r"))));
}

TEST_F(TopicTest, SharesASnapshotForHalfASecondEvenIfItChanges) {
    auto topic = make("fleet");
    topic->put("a", "1");
    Snapshot first = topic->snapshot(kStart, std::nullopt);
    topic->put("a", "2");
    topic->freeze(kStart);
    Snapshot second = topic->snapshot(kStart + milliseconds(499), std::nullopt);
    EXPECT_EQ(first.message, second.message);
    EXPECT_EQ(topic->deltas_after(second.seq, SIZE_MAX, SIZE_MAX)->deltas.size(), 1u);
    Snapshot third = topic->snapshot(kStart + milliseconds(500), std::nullopt);
    EXPECT_NE(first.message, third.message);
    EXPECT_EQ(third.seq, topic->head());
    EXPECT_THAT(std::string(third.message->json()), HasSubstr(R"("items":[2])"));
}

TEST_F(TopicTest, SharesASnapshotAsLongAsNothingChanges) {
    auto topic = make("fleet");
    topic->put("a", "1");
    Snapshot first = topic->snapshot(kStart, std::nullopt);
    EXPECT_EQ(first.message, topic->snapshot(kStart + seconds(3600), std::nullopt).message);
}

TEST_F(TopicTest, RebuildsASnapshotWhenTheDeltasSinceAreGone) {
    TopicLimits limits;
    limits.ring_bytes_max = 0;
    auto topic = make("fleet", limits);
    topic->put("a", "1");
    topic->snapshot(kStart, std::nullopt);
    topic->put("a", "2");
    topic->freeze(kStart);
    Snapshot again = topic->snapshot(kStart, std::nullopt);
    EXPECT_EQ(again.seq, topic->head());
    EXPECT_THAT(std::string(again.message->json()), HasSubstr(R"("items":[2])"));
}

TEST_F(TopicTest, ASnapshotHoldsWhatIsNotFrozenYetExactlyOnce) {
    auto topic = make("events");
    topic->append("1");
    Snapshot snapshot = topic->snapshot(kStart, std::nullopt);
    EXPECT_THAT(std::string(snapshot.message->json()), HasSubstr(R"("seq":1,"items":[1]})"));
    EXPECT_FALSE(topic->freeze(kStart));
    topic->append("2");
    topic->freeze(kStart);
    auto rest = topic->deltas_after(snapshot.seq, SIZE_MAX, SIZE_MAX);
    ASSERT_EQ(rest->deltas.size(), 1u);
    EXPECT_EQ(rest->deltas.front().items(), "2");
}

TEST_F(TopicTest, ShowsALogsTailAndHowManyItemsOneMissed) {
    TopicLimits limits;
    limits.tail_bytes_max = 1000;
    auto topic = make("events", limits);
    for (int i = 1; i <= 50; ++i) {
        topic->append(std::to_string(i));
        topic->freeze(kStart);
    }
    Snapshot snapshot = topic->snapshot(kStart, 10);
    EXPECT_EQ(snapshot.items_end, 50u);
    ASSERT_GT(snapshot.item_count, 0u);
    ASSERT_LT(snapshot.item_count, 40u);
    std::string dropped = "\"dropped\":" + std::to_string(40 - snapshot.item_count) + ",";
    EXPECT_THAT(std::string(snapshot.message->json()), HasSubstr(dropped));
    EXPECT_EQ(snapshot.message, topic->snapshot(kStart, 10).message);
    EXPECT_THAT(snapshot_json_of(*topic, kStart), Not(HasSubstr("dropped")));
    std::string first_shown = "[" + std::to_string(50 - snapshot.item_count + 1) + ",";
    EXPECT_THAT(std::string(snapshot.message->json()), HasSubstr(first_shown));
}

TEST_F(TopicTest, KeepsNoDeltasWhileUntrackedAndHonoursNoOldSeq) {
    auto topic = make("fleet");
    topic->put("a", "1");
    topic->freeze(kStart);
    uint64_t given_out = topic->head();
    topic->set_tracked(false);
    EXPECT_FALSE(topic->put("a", "2"));
    EXPECT_FALSE(topic->put("b", "3"));
    EXPECT_FALSE(topic->freeze(kStart));
    EXPECT_EQ(ring_bytes, 0);
    topic->set_tracked(true);
    EXPECT_FALSE(topic->deltas_after(given_out, SIZE_MAX, SIZE_MAX));
    EXPECT_THAT(snapshot_json_of(*topic, kStart), HasSubstr("2"));
    EXPECT_TRUE(topic->put("a", "4"));
}

TEST_F(TopicTest, HonoursNoSeqFromBeforeItWasUntrackedEvenIfNothingChanged) {
    auto topic = make("fleet");
    topic->put("a", "1");
    topic->freeze(kStart);
    topic->put("a", "2");  // in no delta when tracking ends
    uint64_t given_out = topic->head();
    topic->set_tracked(false);
    topic->set_tracked(true);
    EXPECT_FALSE(topic->deltas_after(given_out, SIZE_MAX, SIZE_MAX));
}

TEST_F(TopicTest, CountsTheBytesOfItsRing) {
    {
        auto topic = make("events");
        for (int i = 0; i < 100; ++i) {
            topic->append("1");
            topic->freeze(kStart);
        }
        EXPECT_GT(ring_bytes, 100 * 50);
        topic->trim_ring(1000, kStart);
        EXPECT_LE(ring_bytes, 1000);
        EXPECT_GT(ring_bytes, 0);
    }
    EXPECT_EQ(ring_bytes, 0);
}

TEST_F(TopicTest, RefusesResumingFromTooMuch) {
    auto topic = make("events");
    for (int i = 0; i < 100; ++i) {
        topic->append("1");
        topic->freeze(kStart);
    }
    EXPECT_TRUE(topic->deltas_after(0, SIZE_MAX, SIZE_MAX));
    EXPECT_FALSE(topic->deltas_after(0, 1000, SIZE_MAX));
    EXPECT_TRUE(topic->deltas_after(99, 1000, SIZE_MAX));
}

}  // namespace
}  // namespace nightshift::live
