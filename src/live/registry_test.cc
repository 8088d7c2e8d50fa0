#include "live/registry.h"

#include <gtest/gtest.h>

namespace nightshift::live {
namespace {

using std::chrono::seconds;

const Instant kStart = Instant(std::chrono::hours(1));

TEST(Registry, HasALogOnlyWhileSomebodyReadsOrMayComeBack) {
    Registry registry({});
    EXPECT_FALSE(registry.is_watched("t", "events"));
    EXPECT_FALSE(registry.append("t", "events", "1"));
    auto topic = *registry.acquire("t", "events");
    EXPECT_TRUE(registry.is_watched("t", "events"));
    EXPECT_FALSE(registry.is_watched("u", "events"));
    EXPECT_FALSE(registry.is_watched("t", "session:a"));
    EXPECT_TRUE(registry.append("t", "events", "1"));
    EXPECT_TRUE(registry.release("t", "events", kStart));
    EXPECT_EQ(registry.expire(kStart + seconds(59)), kStart + seconds(60));
    EXPECT_TRUE(registry.is_watched("t", "events"));
    EXPECT_EQ(registry.expire(kStart + seconds(60)), std::nullopt);
    EXPECT_FALSE(registry.is_watched("t", "events"));
    EXPECT_EQ(registry.topics(), 0u);
}

TEST(Registry, KeepsALogWhoseReaderCameBackInTime) {
    Registry registry({});
    auto topic = *registry.acquire("t", "events");
    registry.release("t", "events", kStart);
    EXPECT_EQ(topic, *registry.acquire("t", "events"));
    EXPECT_EQ(registry.expire(kStart + seconds(3600)), std::nullopt);
    EXPECT_TRUE(registry.is_watched("t", "events"));
}

TEST(Registry, StartsALaterLogBehindEveryTokenOfAnEarlierOne) {
    Registry registry({});
    auto first = *registry.acquire("t", "session:a");
    for (int i = 0; i < 5; ++i) {
        registry.append("t", "session:a", "1");
        registry.freeze(kStart);
    }
    uint64_t given_out = first->head();
    registry.release("t", "session:a", kStart);
    registry.expire(kStart + seconds(100));
    auto second = *registry.acquire("t", "session:a");
    EXPECT_NE(first, second);
    for (uint64_t seq = 0; seq <= given_out; ++seq)
        EXPECT_FALSE(second->deltas_after(seq, SIZE_MAX, SIZE_MAX));
}

TEST(Registry, KeepsStateForEverButDeltasOnlyForReaders) {
    Registry registry({});
    EXPECT_FALSE(registry.put("t", "fleet", "a", "1"));
    auto topic = *registry.acquire("t", "fleet");
    EXPECT_TRUE(registry.put("t", "fleet", "a", "2"));
    EXPECT_TRUE(registry.freeze(kStart));
    EXPECT_GT(registry.ring_bytes(), 0u);
    registry.release("t", "fleet", kStart);
    registry.expire(kStart + seconds(60));
    EXPECT_EQ(registry.ring_bytes(), 0u);
    EXPECT_FALSE(registry.put("t", "fleet", "a", "3"));
    EXPECT_EQ(registry.topics(), 1u);
    EXPECT_EQ(topic, *registry.acquire("t", "fleet"));
}

TEST(Registry, KeepsTenantsApart) {
    Registry registry({});
    auto mine = *registry.acquire("a", "events");
    auto theirs = *registry.acquire("b", "events");
    registry.append("a", "events", "1");
    registry.freeze(kStart);
    EXPECT_EQ(mine->head(), 1u);
    EXPECT_EQ(theirs->head(), 0u);
}

TEST(Registry, MakesRoomByForgettingTheLogUnreadForLongest) {
    Registry::Limits limits;
    limits.logs_max = 3;
    Registry registry(limits);
    ASSERT_TRUE(registry.acquire("t", "session:a"));
    ASSERT_TRUE(registry.acquire("t", "session:b"));
    ASSERT_TRUE(registry.acquire("t", "session:c"));
    auto refused = registry.acquire("t", "session:d");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kLimit);
    registry.release("t", "session:b", kStart);
    registry.release("t", "session:a", kStart + seconds(1));
    EXPECT_TRUE(registry.acquire("t", "session:d"));
    EXPECT_TRUE(registry.is_watched("t", "session:a"));
    EXPECT_FALSE(registry.is_watched("t", "session:b"));
    EXPECT_EQ(registry.topics(), 3u);
}

TEST(Registry, TakesStateHoweverManyLogsThereAre) {
    Registry::Limits limits;
    limits.logs_max = 0;
    Registry registry(limits);
    EXPECT_FALSE(registry.acquire("t", "events"));
    registry.put("t", "fleet", "k", "1");
    EXPECT_TRUE(registry.acquire("t", "fleet"));
    EXPECT_EQ(registry.topics(), 1u);
}

TEST(Registry, RefusesUnknownNames) {
    Registry registry({});
    EXPECT_EQ(registry.acquire("t", "nope").error().code, Code::kInvalid);
    EXPECT_EQ(registry.topics(), 0u);
}

TEST(Registry, HoldsAllRingsUnderOneLimitAndCutsTheLongestFirst) {
    Registry::Limits limits;
    limits.ring_bytes_total_max = 1u << 20;
    Registry registry(limits);
    auto small = *registry.acquire("t", "session:small");
    auto large = *registry.acquire("t", "session:large");
    registry.append("t", "session:small", "1");
    for (int i = 0; i < 200; ++i) {
        registry.append("t", "session:large", "\"" + std::string(10'000, 'x') + "\"");
        registry.freeze(kStart);
        EXPECT_LE(registry.ring_bytes(), limits.ring_bytes_total_max);
    }
    EXPECT_TRUE(small->deltas_after(0, SIZE_MAX, SIZE_MAX));
    EXPECT_FALSE(large->deltas_after(0, SIZE_MAX, SIZE_MAX));
    EXPECT_TRUE(large->deltas_after(large->head() - 20, SIZE_MAX, SIZE_MAX));
}

TEST(Registry, AsksForOneTickForManyChanges) {
    Registry registry({});
    ASSERT_TRUE(registry.acquire("t", "events"));
    ASSERT_TRUE(registry.acquire("t", "fleet"));
    EXPECT_TRUE(registry.append("t", "events", "1"));
    EXPECT_FALSE(registry.append("t", "events", "2"));
    EXPECT_FALSE(registry.put("t", "fleet", "a", "1"));
    EXPECT_TRUE(registry.freeze(kStart));
    EXPECT_FALSE(registry.freeze(kStart));
    EXPECT_TRUE(registry.put("t", "fleet", "a", "2"));
}

}  // namespace
}  // namespace nightshift::live
