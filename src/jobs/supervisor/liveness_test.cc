#include "jobs/supervisor/liveness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::jobs {
namespace {

using testing::HasSubstr;

const Time kStart = from_unix_ms(1'700'000'000'000);

LivenessPolicy checked() {
    LivenessPolicy policy;
    policy.url = "http://127.0.0.1:1/healthz";
    return policy;
}

Liveness after(const std::vector<Outcome>& looks) {
    Liveness liveness;
    for (Outcome outcome : looks) liveness = after_look(liveness, {outcome, "answers 500"});
    return liveness;
}

TEST(LivenessTest, GivesTimeToStart) {
    Liveness never = after({Outcome::kFails, Outcome::kFails, Outcome::kFails, Outcome::kFails});
    EXPECT_FALSE(never.is_ready);
    EXPECT_EQ(reason_to_restart(checked(), never, kStart, kStart + seconds(119)), "");
    EXPECT_THAT(reason_to_restart(checked(), never, kStart, kStart + seconds(120)),
                testing::AllOf(HasSubstr("not ready after 120 s"), HasSubstr("answers 500")));
}

TEST(LivenessTest, RestartsAfterFailuresInARowOnly) {
    using enum Outcome;
    Time later = kStart + std::chrono::hours(1);
    EXPECT_EQ(reason_to_restart(checked(), after({kHolds, kFails, kFails}), kStart, later), "");
    EXPECT_EQ(reason_to_restart(checked(), after({kHolds, kFails, kFails, kHolds, kFails}), kStart, later),
              "");
    EXPECT_THAT(reason_to_restart(checked(), after({kHolds, kFails, kFails, kFails}), kStart, later),
                HasSubstr("3 looks in a row"));
}

TEST(LivenessTest, NeverRestartsBecauseNobodyCouldLook) {
    using enum Outcome;
    Time later = kStart + std::chrono::hours(1);
    EXPECT_EQ(reason_to_restart(checked(), after({kUnknown, kUnknown, kUnknown, kUnknown}), kStart, later),
              "");
    EXPECT_EQ(reason_to_restart(checked(), after({kHolds, kFails, kFails, kUnknown, kFails}), kStart, later),
              "");
    EXPECT_FALSE(after({kUnknown}).is_ready);
}

TEST(LivenessTest, ChecksNothingWhenNothingIsAsked) {
    EXPECT_FALSE(LivenessPolicy{}.is_checked());
    EXPECT_EQ(reason_to_restart({}, after({Outcome::kFails}), kStart, kStart + std::chrono::hours(9)), "");
}

}  // namespace
}  // namespace nightshift::jobs
