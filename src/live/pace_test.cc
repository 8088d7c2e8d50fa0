#include "live/pace.h"

#include <gtest/gtest.h>

namespace nightshift::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant kStart = Instant(std::chrono::hours(1));
constexpr seconds kStalledAfter(10);

TEST(Pace, AllowsOneBatchOfAnySizeWhenNothingWaits) {
    EXPECT_TRUE(Pace::has_room(0, 5'000'000, 1000));
    EXPECT_TRUE(Pace::has_room(400, 600, 1000));
    EXPECT_FALSE(Pace::has_room(400, 601, 1000));
}

TEST(Pace, IsStalledWhenNothingIsTakenForSoLong) {
    Pace pace(kStart);
    pace.observe(kStart, 0);
    pace.offered(1000);
    pace.observe(kStart + milliseconds(1), 1000);
    EXPECT_FALSE(pace.is_stalled(kStart + milliseconds(9'999), kStalledAfter));
    EXPECT_TRUE(pace.is_stalled(kStart + milliseconds(10'001), kStalledAfter));
}

TEST(Pace, IsNotStalledWhileALittleIsTaken) {
    Pace pace(kStart);
    pace.offered(1000);
    for (int second = 1; second <= 100; ++second) {
        pace.observe(kStart + seconds(second * 9), static_cast<uint64_t>(1000 - second));
        EXPECT_FALSE(pace.is_stalled(kStart + seconds(second * 9 + 9), kStalledAfter));
    }
}

TEST(Pace, DoesNotTakeAQuietTimeForAStall) {
    Pace pace(kStart);
    pace.offered(10);
    pace.observe(kStart, 0);
    Instant later = kStart + std::chrono::hours(5);
    pace.observe(later, 0);  // the shard looks before it offers
    pace.offered(1000);
    pace.observe(later + seconds(1), 1000);
    EXPECT_FALSE(pace.is_stalled(later + seconds(1), kStalledAfter));
    EXPECT_TRUE(pace.is_stalled(later + seconds(11), kStalledAfter));
}

TEST(Pace, SurvivesMoreQueuedThanOffered) {
    Pace pace(kStart);
    pace.offered(10);
    pace.observe(kStart, 25);  // chunk headers count as queued
    EXPECT_FALSE(pace.is_stalled(kStart + seconds(1), kStalledAfter));
}

}  // namespace
}  // namespace nightshift::live
