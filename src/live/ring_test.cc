#include "live/ring.h"

#include <gtest/gtest.h>

namespace nightshift::live {
namespace {

using std::chrono::seconds;

const Instant kStart = Instant(std::chrono::hours(1));
constexpr seconds kAgeMax(60);

Delta delta(uint64_t seq, size_t bytes = 100) {
    Delta made;
    made.seq = seq;
    made.message = std::make_shared<const Message>("delta", std::string(bytes, 'x'));
    return made;
}

size_t cost_of_one() {
    Ring ring(0);
    ring.push(delta(1), kStart);
    return ring.bytes();
}

TEST(Ring, HoldsWhatWasPushedAfterASeq) {
    Ring ring(100);
    for (uint64_t seq = 101; seq <= 110; ++seq) ring.push(delta(seq), kStart);
    EXPECT_EQ(ring.head(), 110u);
    EXPECT_EQ(ring.bytes_after(110), 0u);
    EXPECT_EQ(ring.bytes_after(100), ring.bytes());
    EXPECT_EQ(ring.bytes_after(107), 3 * cost_of_one());
    auto deltas = ring.after(107, SIZE_MAX);
    ASSERT_EQ(deltas.size(), 3u);
    EXPECT_EQ(deltas.front().seq, 108u);
    EXPECT_EQ(deltas.back().seq, 110u);
}

TEST(Ring, HoldsNothingFromBeforeItsStartOrFromTheFuture) {
    Ring ring(100);
    EXPECT_EQ(ring.bytes_after(100), 0u);
    EXPECT_EQ(ring.bytes_after(99), std::nullopt);
    EXPECT_EQ(ring.bytes_after(101), std::nullopt);
    EXPECT_EQ(ring.bytes_after(UINT64_MAX), std::nullopt);
    ring.push(delta(101), kStart);
    EXPECT_TRUE(ring.bytes_after(100));
    EXPECT_FALSE(ring.bytes_after(99));
}

TEST(Ring, ForgetsTheOldestBeyondItsBytes) {
    Ring ring(0);
    for (uint64_t seq = 1; seq <= 100; ++seq) {
        ring.push(delta(seq), kStart);
        ring.trim(10 * cost_of_one(), kStart, kAgeMax);
        EXPECT_LE(ring.bytes(), 10 * cost_of_one());
    }
    EXPECT_TRUE(ring.bytes_after(90));
    EXPECT_FALSE(ring.bytes_after(89));
    ring.trim(0, kStart, kAgeMax);
    EXPECT_EQ(ring.bytes(), 0u);
    EXPECT_EQ(ring.bytes_after(100), 0u);
    EXPECT_FALSE(ring.bytes_after(99));
}

TEST(Ring, ForgetsWhatIsTooOld) {
    Ring ring(0);
    for (uint64_t seq = 1; seq <= 100; ++seq) ring.push(delta(seq), kStart + seconds(seq));
    ring.trim(SIZE_MAX, kStart + seconds(100), kAgeMax);
    EXPECT_TRUE(ring.bytes_after(39));
    EXPECT_FALSE(ring.bytes_after(38));
}

TEST(Ring, GivesAtLeastOneDeltaOfAChunk) {
    Ring ring(0);
    for (uint64_t seq = 1; seq <= 10; ++seq) ring.push(delta(seq), kStart);
    EXPECT_EQ(ring.after(0, 0).size(), 1u);
    EXPECT_EQ(ring.after(0, 3 * cost_of_one()).size(), 3u);
    EXPECT_EQ(ring.after(0, 4 * cost_of_one() - 1).size(), 3u);
}

TEST(Ring, ShowsTheNewestThatFitAsItsTail) {
    Ring ring(0);
    for (uint64_t seq = 1; seq <= 10; ++seq) ring.push(delta(seq), kStart);
    auto tail = ring.tail(3 * cost_of_one());
    ASSERT_EQ(tail.size(), 3u);
    EXPECT_EQ(tail.front().seq, 8u);
    EXPECT_TRUE(ring.tail(0).empty());
    EXPECT_EQ(ring.tail(SIZE_MAX).size(), 10u);
}

TEST(Ring, HoldsNoOldSeqAfterARestart) {
    Ring ring(0);
    for (uint64_t seq = 1; seq <= 10; ++seq) ring.push(delta(seq), kStart);
    ring.restart(11);
    EXPECT_FALSE(ring.bytes_after(10));
    EXPECT_TRUE(ring.bytes_after(11));
    EXPECT_EQ(ring.bytes(), 0u);
    ring.push(delta(12), kStart);
    EXPECT_FALSE(ring.bytes_after(10));
    EXPECT_TRUE(ring.bytes_after(11));
}

}  // namespace
}  // namespace nightshift::live
