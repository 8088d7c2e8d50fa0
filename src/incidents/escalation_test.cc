#include "incidents/escalation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "incidents/apply.h"
#include "incidents/incident_for_test.h"
#include "incidents/limits.h"

namespace nightshift::incidents {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kStart;

class EscalationTest : public ::testing::Test {
protected:
    EscalationTest() {
        incident_.severity = Severity::kCritical;
        incident_.diagnosed = kStart;
    }

    EscalationMove decide(bool is_quiet = false) { return escalate(incident_, policy_, {now_, is_quiet}); }
    // Decides, writes it down, and sends; each message is then in `state`.
    EscalationMove go(const std::string& state = "delivered") {
        EscalationMove move = decide();
        take_move(incident_, move, now_);
        for (const std::string& channel : move.channels) {
            Notification sent;
            sent.channel = channel;
            sent.delivery = "dlv_" + std::to_string(++count_);
            sent.what = "post";
            sent.step = move.step;
            sent.state = state;
            sent.sent = now_;
            if (state == "delivered" || state == "failed") sent.settled = now_;
            take_notification(incident_, sent, now_);
        }
        return move;
    }
    void pass(std::chrono::seconds by) { now_ += by; }

    Incident incident_ = testing::incident();
    EscalationPolicy policy_ = default_policy(
        Severity::kCritical,
        {{{"telegram"}, std::chrono::minutes(5)}, {{"email", "ntfy"}, std::chrono::minutes(15)}});
    Time now_ = kStart + seconds(10);
    int count_ = 0;
};

TEST_F(EscalationTest, WaitsForTheDiagnosisButNotLong) {
    incident_.diagnosed.reset();
    EXPECT_EQ(decide().urge, Urge::kNothing);
    EXPECT_EQ(decide().look_again, incident_.opened + kFailOpen);
    now_ = incident_.opened + kFailOpen;
    EXPECT_THAT(decide().channels, ElementsAre("telegram"));
    EXPECT_THAT(decide().why, HasSubstr("not diagnosed in time"));
}

TEST_F(EscalationTest, GoesStepByStepUntilItIsExhausted) {
    EXPECT_THAT(go().channels, ElementsAre("telegram"));
    EXPECT_EQ(incident_.next_step, now_ + std::chrono::minutes(5));
    EXPECT_EQ(go().urge, Urge::kNothing);
    pass(std::chrono::minutes(5));
    EXPECT_THAT(go().channels, ElementsAre("email", "ntfy"));
    EXPECT_EQ(incident_.timeline.back().kind, "notified");
    for (int i = 1; i <= 3; ++i) {
        pass(std::chrono::minutes(30));
        EscalationMove move = go();
        EXPECT_EQ(move.urge, Urge::kRepeat);
        EXPECT_THAT(move.channels, ElementsAre("email", "ntfy"));
    }
    pass(std::chrono::minutes(30));
    EXPECT_EQ(go().urge, Urge::kExhausted);
    EXPECT_THAT(incident_.timeline.back().text, HasSubstr("nobody else"));
    pass(std::chrono::hours(24));
    EXPECT_EQ(go().urge, Urge::kNothing);
}

TEST_F(EscalationTest, TakesAnotherChannelAtOnceWhenTheMessageFailed) {
    go("failed");
    EscalationMove move = decide();
    EXPECT_EQ(move.urge, Urge::kFallback);
    EXPECT_THAT(move.channels, ElementsAre("email"));
    EXPECT_EQ(move.step, 1);
    EXPECT_THAT(move.why, HasSubstr("not delivered over telegram (failed)"));
    go("failed");
    EXPECT_THAT(go("failed").channels, ElementsAre("ntfy"));
    EscalationMove next = go("failed");
    EXPECT_EQ(next.urge, Urge::kStep) << "every channel was tried";
    EXPECT_EQ(next.step, 2);
    EXPECT_THAT(go("failed").channels, ElementsAre("telegram"));
    EXPECT_EQ(go().urge, Urge::kNothing) << "repeats keep their distance";
}

TEST_F(EscalationTest, TakesAnotherChannelForWhatDoesNotArriveInTime) {
    go("queued");
    EXPECT_EQ(decide().urge, Urge::kNothing);
    EXPECT_EQ(decide().look_again, now_ + seconds(60));
    pass(seconds(60));
    EXPECT_EQ(decide().urge, Urge::kFallback);
}

TEST_F(EscalationTest, TakesUnknownForGoodAsNotDelivered) {
    go("sending");
    take_receipt(incident_, {"dlv_1", "unknown", "", "timeout", now_, ""}, now_);
    EXPECT_EQ(decide().urge, Urge::kFallback);
    EXPECT_THAT(decide().why, HasSubstr("telegram (timeout)"));
}

TEST_F(EscalationTest, IsContentWhenOneChannelOfTheStepDelivered) {
    go();
    pass(std::chrono::minutes(5));
    go();
    incident_.notifications.back().state = "failed";
    EXPECT_EQ(decide().urge, Urge::kNothing);
}

TEST_F(EscalationTest, StopsWhenSomebodyHasItAndRemindsWhileItFires) {
    go();
    ASSERT_TRUE(acknowledge(incident_, "ada", now_));
    EXPECT_EQ(go().urge, Urge::kNothing);
    pass(std::chrono::minutes(59));
    EXPECT_EQ(go().urge, Urge::kNothing);
    pass(std::chrono::minutes(1));
    EscalationMove move = go();
    EXPECT_EQ(move.urge, Urge::kReminder);
    EXPECT_THAT(move.channels, ElementsAre("telegram"));
    int reminders = 1;
    for (int hour = 0; hour < 100; ++hour) {
        pass(std::chrono::hours(1));
        if (go().urge == Urge::kReminder) ++reminders;
    }
    EXPECT_EQ(reminders, kRemindersMax);
}

TEST_F(EscalationTest, DoesNotRemindOfWhatDoesNotFire) {
    go();
    ASSERT_TRUE(acknowledge(incident_, "ada", now_));
    go();
    incident_.firing = 0;
    pass(std::chrono::hours(2));
    EXPECT_EQ(decide().urge, Urge::kNothing);
}

TEST_F(EscalationTest, GoesOnAfterAHandOverThatNobodyTook) {
    go();
    ASSERT_TRUE(acknowledge(incident_, "ada", now_));
    ASSERT_TRUE(hand_over(incident_, "ada", "bob", now_));
    EXPECT_EQ(decide().urge, Urge::kNothing);
    pass(kHandOverWait);
    EXPECT_EQ(decide().urge, Urge::kStep);
}

TEST_F(EscalationTest, IsHeldByQuietHoursUnlessItIsCritical) {
    EXPECT_EQ(decide(true).urge, Urge::kStep);
    incident_.severity = Severity::kWarning;
    EXPECT_EQ(decide(true).urge, Urge::kHeld);
    EXPECT_THAT(decide(true).channels, IsEmpty());
    EXPECT_EQ(decide(true).look_again, now_ + kQuietLook);
}

TEST_F(EscalationTest, TellsNobodyWhatIsSuppressedResolvedOrForNobody) {
    incident_.is_suppressed = true;
    EXPECT_EQ(decide().urge, Urge::kNothing);
    incident_.is_suppressed = false;
    policy_.steps.clear();
    EXPECT_EQ(decide().urge, Urge::kNothing);
}

TEST_F(EscalationTest, BeginsAnewWhenItReopens) {
    go("failed");
    go("failed");
    ASSERT_TRUE(resolve(incident_, {"ada", "", std::nullopt}, now_));
    EXPECT_EQ(decide().urge, Urge::kNothing);
    ASSERT_TRUE(reopen(incident_, "ada", "", now_));
    pass(seconds(1));
    EXPECT_THAT(go("sending").channels, ElementsAre("telegram"));
    EXPECT_EQ(decide().urge, Urge::kNothing) << "what failed before the reopening does not count";
}

TEST_F(EscalationTest, IsBoundedWhateverBecomesOfTheMessages) {
    constexpr const char* kStates[] = {"delivered", "failed", "unknown", "queued"};
    for (uint64_t seed = 0; seed < 200; ++seed) {
        Random random(seed);
        incident_ = testing::incident();
        incident_.severity = Severity::kCritical;
        incident_.diagnosed = kStart;
        size_t told = 0;
        for (int minute = 0; minute < 7 * 24 * 60; minute += 3, pass(std::chrono::minutes(3)))
            told += go(kStates[random.below(4)]).channels.size();
        // Two steps and three repeats, each over at most all three channels.
        EXPECT_LE(told, 5U * 3U) << seed;
        EXPECT_GE(told, 5U) << seed;
    }
}

}  // namespace
}  // namespace nightshift::incidents
