#include "alerts/hold.h"

#include <gtest/gtest.h>

namespace nightshift::alerts {
namespace {

const Time kStart = from_unix_us(1'700'000'000'000'000);

struct Watched {
    Hold hold;
    HoldPolicy policy;
    Time now = kStart;

    void look(Look what, int times = 1, seconds every = seconds(10)) {
        for (int i = 0; i < times; ++i) {
            hold = step(hold, what, policy, now);
            now += every;
        }
    }
};

TEST(Hold, FiresAtOnceWithoutAPolicy) {
    Watched run;
    run.look(Look::kTrue);
    EXPECT_EQ(run.hold.phase, Phase::kFiring);
    run.look(Look::kFalse);
    EXPECT_EQ(run.hold.phase, Phase::kInactive);
}

TEST(Hold, WaitsUntilItHasHeldForSoLong) {
    Watched run{.policy = {.hold = seconds(30)}};
    run.look(Look::kTrue, 3);
    EXPECT_EQ(run.hold.phase, Phase::kPending);
    run.look(Look::kTrue);
    EXPECT_EQ(run.hold.phase, Phase::kFiring);
}

TEST(Hold, StartsAnewWhenItDoesNotHoldInBetween) {
    Watched run{.policy = {.hold = seconds(30)}};
    run.look(Look::kTrue, 3);
    run.look(Look::kFalse);
    run.look(Look::kTrue, 3);
    EXPECT_EQ(run.hold.phase, Phase::kPending);
}

TEST(Hold, NeedsSoManyOfTheLastLooks) {
    Watched run{.policy = {.hits = 3, .looks = 5, .flap_changes = 0}};
    run.look(Look::kTrue);
    run.look(Look::kFalse);
    run.look(Look::kTrue);
    EXPECT_EQ(run.hold.phase, Phase::kInactive);
    run.look(Look::kFalse);
    run.look(Look::kTrue);
    EXPECT_EQ(run.hold.phase, Phase::kFiring);
}

TEST(Hold, IsOverOnlyAfterItsDwell) {
    Watched run{.policy = {.resolve_after = seconds(30)}};
    run.look(Look::kTrue);
    run.look(Look::kFalse, 2);
    EXPECT_EQ(run.hold.phase, Phase::kFiring);
    run.look(Look::kFalse);
    EXPECT_EQ(run.hold.phase, Phase::kInactive);
}

TEST(Hold, LetsTheUnknownNeitherBeginNorEndAnything) {
    Watched run;
    run.look(Look::kUnknown, 5);
    EXPECT_EQ(run.hold.phase, Phase::kInactive);
    run.look(Look::kTrue);
    run.look(Look::kUnknown, 100);
    EXPECT_EQ(run.hold.phase, Phase::kFiring);
}

TEST(Hold, CountsNoTimeThatNobodySaw) {
    Watched run{.policy = {.hold = seconds(50), .resolve_after = seconds(50)}};
    run.look(Look::kTrue, 3);
    run.look(Look::kUnknown, 100);
    run.look(Look::kTrue);
    EXPECT_EQ(run.hold.phase, Phase::kPending) << "seen for thirty seconds, and not for a thousand";
    run.look(Look::kTrue, 2);
    EXPECT_EQ(run.hold.phase, Phase::kFiring);
    run.look(Look::kFalse, 3);
    run.look(Look::kUnknown, 100);
    run.look(Look::kFalse);
    EXPECT_EQ(run.hold.phase, Phase::kFiring);
    run.look(Look::kFalse);
    EXPECT_EQ(run.hold.phase, Phase::kInactive);
}

TEST(Hold, KnowsWhenTimeAloneTurnsIt) {
    Watched run{.policy = {.hold = seconds(30), .resolve_after = seconds(20), .flap_changes = 3}};
    EXPECT_EQ(next_turn(run.hold, run.policy), std::nullopt);
    run.look(Look::kTrue);
    EXPECT_EQ(next_turn(run.hold, run.policy), kStart + seconds(30));
    run.look(Look::kTrue, 3);
    EXPECT_EQ(next_turn(run.hold, run.policy), std::nullopt);
    run.look(Look::kFalse);
    EXPECT_EQ(next_turn(run.hold, run.policy), kStart + seconds(50));
    run.look(Look::kTrue);
    EXPECT_EQ(next_turn(run.hold, run.policy), kStart + seconds(50 + 900) + microseconds(1)) << "it flaps";
}

TEST(Hold, StaysOneAlertWhileItFlaps) {
    Watched run{.policy = {.flap_changes = 6, .flap_window = seconds(600)}};
    int ends = 0;
    Phase before = Phase::kInactive;
    for (int i = 0; i < 60; ++i) {
        run.look(i % 2 == 0 ? Look::kTrue : Look::kFalse);
        if (before == Phase::kFiring && run.hold.phase == Phase::kInactive) ++ends;
        before = run.hold.phase;
    }
    EXPECT_TRUE(run.hold.is_flapping);
    EXPECT_LE(ends, 3);
    run.look(Look::kFalse, 31);
    EXPECT_FALSE(run.hold.is_flapping);
    EXPECT_EQ(run.hold.phase, Phase::kInactive);
    EXPECT_FALSE(is_idle(run.hold, run.policy, run.now));
    EXPECT_TRUE(is_idle(run.hold, run.policy, run.now + seconds(1200)));
}

}  // namespace
}  // namespace nightshift::alerts
