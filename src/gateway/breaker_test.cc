#include "gateway/breaker.h"

#include <gtest/gtest.h>

#include "gateway/retry_budget.h"

namespace nightshift::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = Breaker::State;

const Instant kStart = Instant(std::chrono::hours(1));

void fail(Breaker& breaker, int times, Instant now, uint32_t successes = 0) {
    for (int i = 0; i < times; ++i) breaker.on_failure(now, successes);
}

TEST(Breaker, OpensAfterFiveFailuresInARow) {
    Breaker breaker;
    fail(breaker, 4, kStart, 1000);
    EXPECT_TRUE(breaker.admit(kStart));
    fail(breaker, 1, kStart, 1000);
    EXPECT_EQ(breaker.state(kStart), State::kOpen);
    EXPECT_FALSE(breaker.admit(kStart));
}

TEST(Breaker, CountsFailuresInARowAnewAfterASuccess) {
    Breaker breaker;
    fail(breaker, 4, kStart, 1000);
    breaker.on_success(kStart);
    fail(breaker, 4, kStart, 1000);
    EXPECT_TRUE(breaker.admit(kStart));
}

TEST(Breaker, OpensWhenMoreThanHalfOfTenFail) {
    Breaker breaker;
    Instant now = kStart;
    for (uint32_t pair = 0; pair < 5; ++pair) {
        fail(breaker, 1, now, pair);
        breaker.on_success(now);
        now += seconds(1);
    }
    fail(breaker, 1, now, 5);
    EXPECT_EQ(breaker.state(now), State::kOpen);
}

TEST(Breaker, StaysClosedWhenHalfFail) {
    Breaker breaker;
    for (uint32_t pair = 0; pair < 20; ++pair) {
        fail(breaker, 1, kStart, pair + 1);
        breaker.on_success(kStart);
    }
    EXPECT_EQ(breaker.state(kStart), State::kClosed);
}

TEST(Breaker, ForgetsFailuresOlderThanItsWindow) {
    Breaker breaker;
    for (int i = 0; i < 9; ++i) {
        fail(breaker, 1, kStart, 9);
        breaker.on_success(kStart);
    }
    EXPECT_EQ(breaker.failures(kStart), 9u);
    EXPECT_EQ(breaker.failures(kStart + Breaker::kWindow), 0u);
}

TEST(Breaker, LetsExactlyOneProbeThroughWhenHalfOpen) {
    Breaker breaker;
    fail(breaker, 5, kStart);
    Instant later = kStart + Breaker::kOpenMin;
    EXPECT_EQ(breaker.again_at(kStart), later);
    EXPECT_FALSE(breaker.admit(later - milliseconds(1)));
    EXPECT_EQ(breaker.state(later), State::kHalfOpen);
    EXPECT_TRUE(breaker.admit(later));
    EXPECT_FALSE(breaker.admit(later));
    EXPECT_GT(breaker.again_at(later), later);
}

TEST(Breaker, ClosesWhenTheProbeSucceeds) {
    Breaker breaker;
    fail(breaker, 5, kStart);
    Instant later = kStart + Breaker::kOpenMin;
    ASSERT_TRUE(breaker.admit(later));
    breaker.on_success(later);
    EXPECT_EQ(breaker.state(later), State::kClosed);
    EXPECT_TRUE(breaker.admit(later));
    EXPECT_TRUE(breaker.admit(later));
    EXPECT_FALSE(breaker.wants_success());
}

TEST(Breaker, StaysOpenTwiceAsLongAfterEachFailedProbeUpToAMinute) {
    Breaker breaker;
    fail(breaker, 5, kStart);
    Instant now = kStart;
    for (auto open_for : {5, 10, 20, 40, 60, 60}) {
        EXPECT_EQ(breaker.again_at(now) - now, seconds(open_for));
        now = breaker.again_at(now);
        ASSERT_TRUE(breaker.admit(now));
        breaker.on_failure(now, 0);
    }
}

TEST(Breaker, DoesNotProlongForCallsThatWereUnderWayWhenItOpened) {
    Breaker breaker;
    fail(breaker, 5, kStart);
    fail(breaker, 3, kStart + seconds(1));
    EXPECT_EQ(breaker.again_at(kStart + seconds(1)), kStart + Breaker::kOpenMin);
    breaker.on_success(kStart + seconds(2));
    EXPECT_EQ(breaker.state(kStart + seconds(2)), State::kOpen);
}

TEST(Breaker, GivesTheProbeAgainWhenItsClientLeft) {
    Breaker breaker;
    fail(breaker, 5, kStart);
    Instant later = kStart + Breaker::kOpenMin;
    ASSERT_TRUE(breaker.admit(later));
    breaker.on_neutral();
    EXPECT_TRUE(breaker.admit(later));
}

TEST(Breaker, ForgetsAProbeThatNeverEnded) {
    Breaker breaker;
    fail(breaker, 5, kStart);
    Instant later = kStart + Breaker::kOpenMin;
    ASSERT_TRUE(breaker.admit(later));
    EXPECT_TRUE(breaker.admit(later + Breaker::kProbeMax + seconds(1)));
}

TEST(RetryBudget, GivesThreeASecondWithoutTraffic) {
    RetryBudget budget;
    int given = 0;
    for (int i = 0; i < 100; ++i) given += budget.take(kStart, 0) ? 1 : 0;
    EXPECT_EQ(given, 3);
    given = 0;
    for (int i = 0; i < 100; ++i) given += budget.take(kStart + seconds(2), 0) ? 1 : 0;
    EXPECT_EQ(given, 6);
}

TEST(RetryBudget, GivesATenthOfTheRequests) {
    RetryBudget budget;
    while (budget.take(kStart, 0)) {
    }
    int given = 0;
    for (int i = 0; i < 100; ++i) given += budget.take(kStart, 100) ? 1 : 0;
    EXPECT_EQ(given, 10);
}

TEST(RetryBudget, SavesUpNoMoreThanItsMaximum) {
    RetryBudget budget;
    EXPECT_TRUE(budget.take(kStart, 0));
    int given = 0;
    for (int i = 0; i < 1000; ++i) given += budget.take(kStart + std::chrono::hours(1), 1'000'000) ? 1 : 0;
    EXPECT_EQ(given, static_cast<int>(RetryBudget::kTokensMax));
}

}  // namespace
}  // namespace nightshift::gateway
