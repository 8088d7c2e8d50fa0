#include "ingest/openclaw/backoff.h"

#include <gtest/gtest.h>

namespace nightshift::ingest::openclaw {
namespace {

TEST(Backoff, StaysBelowALimitThatDoublesToThirtySeconds) {
    Backoff backoff(Random(1));
    int64_t limit = 500;
    int64_t longest = 0;
    for (int i = 0; i < 200; ++i) {
        int64_t wait = backoff.next(milliseconds(0)).count();
        EXPECT_GE(wait, 50);
        EXPECT_LE(wait, limit) << i;
        limit = std::min<int64_t>(limit * 2, 30'000);
        longest = std::max(longest, wait);
    }
    EXPECT_GT(longest, 20'000);  // it does spread over the whole range
}

TEST(Backoff, WaitsAsLongAsTheGatewayAsks) {
    Backoff backoff(Random(2));
    EXPECT_GE(backoff.next(milliseconds(4000)).count(), 4000);
    EXPECT_LE(backoff.next(milliseconds(99'999'999)).count(), 30'000);
}

TEST(Backoff, StartsOverAfterAConnectionThatHeld) {
    Backoff backoff(Random(3));
    for (int i = 0; i < 10; ++i) backoff.next(milliseconds(0));
    backoff.held_for(seconds(29));
    int64_t longest = 0;
    for (int i = 0; i < 20; ++i) longest = std::max(longest, backoff.next(milliseconds(0)).count());
    EXPECT_GT(longest, 1000);
    backoff.held_for(seconds(30));
    EXPECT_LE(backoff.next(milliseconds(0)).count(), 500);
}

TEST(Backoff, IsSlowAfterARefusal) {
    Backoff backoff(Random(4));
    for (int i = 0; i < 50; ++i) {
        int64_t wait = backoff.slow().count();
        EXPECT_GE(wait, 15'000);
        EXPECT_LT(wait, 30'000);
    }
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
