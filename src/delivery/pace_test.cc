#include "delivery/pace.h"

#include <gtest/gtest.h>

namespace nightshift::delivery {
namespace {

const Time kNow = from_unix_ms(1'790'000'000'000);

TEST(Pace, SpacesSends) {
    Pace pace({milliseconds(1'000), 1});
    EXPECT_EQ(pace.earliest(kNow), kNow);
    pace.take(kNow);
    EXPECT_EQ(pace.earliest(kNow), kNow + seconds(1));
    EXPECT_EQ(pace.earliest(kNow + seconds(5)), kNow + seconds(5));
}

TEST(Pace, AllowsBurstAndNoMore) {
    Pace pace({milliseconds(1'000), 3});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(pace.earliest(kNow), kNow);
        pace.take(kNow);
    }
    EXPECT_EQ(pace.earliest(kNow), kNow + seconds(1));
    // One has been earned back, not three.
    Time later = kNow + seconds(1);
    pace.take(later);
    EXPECT_EQ(pace.earliest(later), later + seconds(1));
}

TEST(Pace, DoesNotLimitWithoutInterval) {
    Pace pace({});
    for (int i = 0; i < 100; ++i) pace.take(kNow);
    EXPECT_EQ(pace.earliest(kNow), kNow);
}

TEST(Pace, KeepsLongerPause) {
    Pace pace({});
    pace.pause(kNow, seconds(60));
    pace.pause(kNow + seconds(1), seconds(5));
    EXPECT_EQ(pace.earliest(kNow + seconds(2)), kNow + seconds(60));
    EXPECT_FALSE(pace.is_paused(kNow + seconds(60)));
}

TEST(Pace, WaitsNoLongerWhenClockIsSetBack) {
    Pace pace({milliseconds(1'000), 2});
    pace.take(kNow);
    pace.take(kNow);
    pace.pause(kNow, seconds(30));
    Time earlier = kNow - std::chrono::hours(5);
    EXPECT_LE(pace.earliest(earlier), earlier + seconds(30));
}

}  // namespace
}  // namespace nightshift::delivery
