#include "delivery/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::delivery {
namespace {

using testing::HasSubstr;

const Time kNow = from_unix_ms(1'790'000'000'000);

Progress progress(int attempts, bool is_ambiguous = false) {
    Progress made;
    made.attempts = attempts;
    made.is_ambiguous = is_ambiguous;
    made.give_up_at = kNow + std::chrono::hours(1);
    return made;
}

Outcome failed(Outcome::Kind kind) {
    return Outcome::failed(kind, "because");
}

constexpr RetryPolicy kPlain{};
constexpr RetryPolicy kIdempotent{.may_resend = true};
constexpr RetryPolicy kReadable{.can_read_back = true, .is_absence_certain = true};
constexpr RetryPolicy kVague{.can_read_back = true};

TEST(Retry, DeliversOnlyWithIdentifier) {
    Receipt receipt;
    Step step = decide_step(Outcome::delivered(receipt, 200), progress(1), kPlain, kNow, 0.5);
    EXPECT_EQ(step.state, State::kUnknown);
    receipt.identifier = "7";
    step = decide_step(Outcome::delivered(receipt, 200), progress(1), kPlain, kNow, 0.5);
    EXPECT_EQ(step.state, State::kDelivered);
    EXPECT_FALSE(step.next_attempt);
}

TEST(Retry, NeverResendsAmbiguousOnPlainChannel) {
    Step step = decide_step(failed(Outcome::Kind::kAmbiguous), progress(1), kPlain, kNow, 0.5);
    EXPECT_EQ(step.state, State::kUnknown);
    EXPECT_FALSE(step.next_attempt);
}

TEST(Retry, ResendsAmbiguousWhereIdIsKnown) {
    Step step = decide_step(failed(Outcome::Kind::kAmbiguous), progress(1), kIdempotent, kNow, 0.5);
    EXPECT_EQ(step.state, State::kUnknown);
    EXPECT_TRUE(step.is_ambiguous);
    ASSERT_TRUE(step.next_attempt);
    EXPECT_EQ(decide_action(progress(1, true), kIdempotent, kNow), Action::kSend);
}

TEST(Retry, LooksBeforeItResends) {
    Step step = decide_step(failed(Outcome::Kind::kAmbiguous), progress(1), kReadable, kNow, 0.0);
    EXPECT_EQ(step.state, State::kUnknown);
    ASSERT_TRUE(step.next_attempt);
    EXPECT_GE(*step.next_attempt, kNow + seconds(5));
    EXPECT_EQ(decide_action(progress(1, true), kReadable, kNow), Action::kReadBack);
}

TEST(Retry, SendsAgainWhatIsCertainlyAbsent) {
    Step step = decide_step(failed(Outcome::Kind::kAbsent), progress(2, true), kReadable, kNow, 0.5);
    EXPECT_EQ(step.state, State::kQueued);
    EXPECT_FALSE(step.is_ambiguous);
    EXPECT_TRUE(step.next_attempt);
}

TEST(Retry, LeavesWhatIsPerhapsAbsent) {
    Step step = decide_step(failed(Outcome::Kind::kAbsent), progress(2, true), kVague, kNow, 0.5);
    EXPECT_EQ(step.state, State::kUnknown);
    EXPECT_FALSE(step.next_attempt);
}

TEST(Retry, ResendsWhatIsPerhapsAbsentWhenToldTo) {
    RetryPolicy policy = kVague;
    policy.may_resend = true;
    Step step = decide_step(failed(Outcome::Kind::kAbsent), progress(2, true), policy, kNow, 0.5);
    EXPECT_EQ(step.state, State::kUnknown);
    EXPECT_TRUE(step.is_ambiguous);
    EXPECT_TRUE(step.next_attempt);
    Progress sought = progress(2, true);
    EXPECT_EQ(decide_action(sought, policy, kNow), Action::kReadBack);
    sought.is_sought = true;
    EXPECT_EQ(decide_action(sought, policy, kNow), Action::kSend);
    sought.is_sought = false;
    sought.is_unreadable = true;
    EXPECT_EQ(decide_action(sought, policy, kNow), Action::kSend);
    EXPECT_EQ(decide_action(sought, kVague, kNow), Action::kReadBack);
}

TEST(Retry, CallsNothingFailedThatMayHaveArrived) {
    Step step = decide_step(failed(Outcome::Kind::kPermanent), progress(2, true), kIdempotent, kNow, 0.5);
    EXPECT_EQ(step.state, State::kUnknown);
    EXPECT_THAT(step.why, HasSubstr("may have arrived"));
    step = decide_step(failed(Outcome::Kind::kPermanent), progress(2), kIdempotent, kNow, 0.5);
    EXPECT_EQ(step.state, State::kFailed);
}

TEST(Retry, EndsAfterItsAttempts) {
    for (auto kind : {Outcome::Kind::kTransient, Outcome::Kind::kRateLimited}) {
        EXPECT_TRUE(decide_step(failed(kind), progress(7), kPlain, kNow, 0.5).next_attempt);
        Step step = decide_step(failed(kind), progress(8), kPlain, kNow, 0.5);
        EXPECT_EQ(step.state, State::kFailed);
        EXPECT_FALSE(step.next_attempt);
    }
    Step step = decide_step(failed(Outcome::Kind::kUnreadable), progress(8, true), kReadable, kNow, 0.5);
    EXPECT_EQ(step.state, State::kUnknown);
    EXPECT_FALSE(step.next_attempt);
}

TEST(Retry, EndsBeforeItsDeadlineWouldPass) {
    Outcome outcome = failed(Outcome::Kind::kRateLimited);
    outcome.retry_after = std::chrono::hours(2);
    Step step = decide_step(outcome, progress(1), kPlain, kNow, 0.5);
    EXPECT_EQ(step.state, State::kFailed);
    EXPECT_THAT(step.why, HasSubstr("too late"));
}

TEST(Retry, ComesNoEarlierThanAskedTo) {
    Outcome outcome = failed(Outcome::Kind::kRateLimited);
    outcome.retry_after = seconds(30);
    for (double random : {0.0, 0.5, 0.99}) {
        Step step = decide_step(outcome, progress(1), kPlain, kNow, random);
        ASSERT_TRUE(step.next_attempt);
        EXPECT_GE(*step.next_attempt, kNow + seconds(30));
        EXPECT_LE(*step.next_attempt, kNow + seconds(33));
    }
}

TEST(Retry, DoesNotSendAfterTheDeadline) {
    Progress late = progress(1);
    late.give_up_at = kNow - seconds(1);
    EXPECT_EQ(decide_action(late, kPlain, kNow), Action::kGiveUp);
    late.is_ambiguous = true;
    EXPECT_EQ(decide_action(late, kReadable, kNow), Action::kReadBack);
}

TEST(Retry, MakesMessageAnewOnceWhenItCannotBeEdited) {
    Progress first = progress(8, true);  // even after the last attempt, and whatever may have arrived
    first.may_recreate = true;
    Step step = decide_step(failed(Outcome::Kind::kUneditable), first, kPlain, kNow, 0.5);
    EXPECT_EQ(step.state, State::kQueued);
    EXPECT_TRUE(step.is_anchor_lost);
    EXPECT_FALSE(step.is_ambiguous);
    EXPECT_EQ(step.next_attempt, kNow);
    step = decide_step(failed(Outcome::Kind::kUneditable), progress(1), kPlain, kNow, 0.5);
    EXPECT_EQ(step.state, State::kFailed);
    EXPECT_FALSE(step.is_anchor_lost);
    EXPECT_THAT(step.why, HasSubstr("once already"));
}

TEST(Backoff, GrowsUpToItsCapAndIsNeverNothing) {
    EXPECT_EQ(backoff(1, 0.0), milliseconds(100));
    EXPECT_LE(backoff(1, 0.999), milliseconds(2'000));
    EXPECT_EQ(backoff(3, 0.5), milliseconds(4'000));
    EXPECT_EQ(backoff(50, 1.0), milliseconds(600'000));
    EXPECT_EQ(backoff(1'000'000'000, 1.0), milliseconds(600'000));
}

}  // namespace
}  // namespace nightshift::delivery
