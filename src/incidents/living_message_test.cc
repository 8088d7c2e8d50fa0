#include "incidents/living_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "incidents/incident_for_test.h"
#include "incidents/limits.h"

namespace nightshift::incidents {
namespace {

using testing::change;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kStart;

const Message kPost{"post", "opened", ""};

// One incident and one channel that takes everything at once.
class LivingMessageTest : public ::testing::Test {
protected:
    LivingMessageTest() { incident_.severity = Severity::kCritical; }

    MessagePlan plan(bool is_due = false) {
        return plan_messages(incident_, {"telegram", can_edit_, is_due}, {}, now_);
    }
    std::vector<Message> planned(bool is_due = false) { return plan(is_due).now; }

    void send(const Message& message, std::string state = "delivered") {
        Notification sent;
        sent.channel = "telegram";
        sent.delivery = "dlv_" + std::to_string(++count_);
        sent.what = message.what;
        sent.step = incident_.step;
        sent.revision = incident_.revision;
        sent.state = std::move(state);
        sent.told_state = incident_.state;
        sent.told_severity = incident_.severity;
        sent.sent = now_;
        if (sent.state == "delivered" || sent.state == "failed") sent.settled = now_;
        if (sent.state == "delivered" && message.what != "edit") sent.provider_id = std::to_string(count_);
        take_notification(incident_, sent, now_);
    }
    // Plans and sends; what was sent.
    std::vector<std::string> step(bool is_due = false) {
        std::vector<std::string> whats;
        for (const Message& each : planned(is_due)) {
            send(each);
            whats.push_back(each.what);
        }
        return whats;
    }
    void pass(std::chrono::seconds by) { now_ += by; }
    void change_something() { (void)note(incident_, "ada", "seen", now_); }

    Incident incident_ = testing::incident();
    Time now_ = kStart + seconds(60);
    bool can_edit_ = true;
    int count_ = 0;
};

TEST_F(LivingMessageTest, PostsOnceWhenItIsDue) {
    EXPECT_THAT(planned(), IsEmpty());
    EXPECT_THAT(planned(true), ElementsAre(kPost));
    send(kPost);
    EXPECT_THAT(planned(), IsEmpty());
    EXPECT_FALSE(plan().next);
}

TEST_F(LivingMessageTest, TellsNobodyWhatIsSuppressedOrOver) {
    incident_.is_suppressed = true;
    EXPECT_THAT(planned(true), IsEmpty());
    incident_.is_suppressed = false;
    ASSERT_TRUE(resolve(incident_, {"ada", "", std::nullopt}, now_));
    EXPECT_THAT(planned(true), IsEmpty());
}

TEST_F(LivingMessageTest, EditsAtMostOnceInAnInterval) {
    step(true);
    Time posted = now_;
    change_something();
    pass(seconds(1));
    EXPECT_THAT(planned(), IsEmpty());
    EXPECT_EQ(plan().next, posted + std::chrono::minutes(5));
    pass(std::chrono::minutes(5));
    EXPECT_THAT(planned(), ElementsAre(Message{"edit", "update", "1"}));
    step();
    EXPECT_THAT(planned(), IsEmpty());
    pass(std::chrono::hours(1));
    EXPECT_THAT(planned(), IsEmpty()) << "nothing has changed since";
}

TEST_F(LivingMessageTest, LeavesSmallChangesOutWhereItCannotEdit) {
    can_edit_ = false;
    step(true);
    change_something();
    pass(std::chrono::hours(1));
    EXPECT_THAT(planned(), IsEmpty());
    ASSERT_TRUE(acknowledge(incident_, "ada", now_));
    EXPECT_THAT(planned(), ElementsAre(Message{"reply", "acknowledged", "1"}));
}

TEST_F(LivingMessageTest, AnswersWhenSomebodyTakesItOrHandsItOver) {
    step(true);
    pass(seconds(30));
    ASSERT_TRUE(acknowledge(incident_, "ada", now_));
    EXPECT_THAT(planned(), ElementsAre(Message{"reply", "acknowledged", "1"}));
    step();
    ASSERT_TRUE(hand_over(incident_, "ada", "bob", now_));
    EXPECT_THAT(planned(), IsEmpty()) << "not within ten seconds";
    pass(seconds(10));
    EXPECT_THAT(planned(), ElementsAre(Message{"reply", "handed_over", "1"}));
}

TEST_F(LivingMessageTest, AnswersASeverityThatWasNeverTold) {
    incident_.severity = Severity::kWarning;
    step(true);
    pass(seconds(30));
    take_severity(incident_, {Severity::kCritical, "deadline"}, now_);
    EXPECT_THAT(planned(), ElementsAre(Message{"reply", "severity", "1"}));
    step();
    take_severity(incident_, {Severity::kWarning, ""}, now_);
    pass(std::chrono::minutes(30));
    EXPECT_THAT(step(), ElementsAre("edit"));
    pass(seconds(30));
    take_severity(incident_, {Severity::kCritical, ""}, now_);
    EXPECT_THAT(planned(), IsEmpty()) << "to and fro waits for the interval";
}

TEST_F(LivingMessageTest, ResolvesAtOnceAndClosesTheMessage) {
    step(true);
    ASSERT_TRUE(resolve(incident_, {"ada", "", std::nullopt}, now_));
    EXPECT_THAT(planned(),
                ElementsAre(Message{"resolution", "resolved", "1"}, Message{"edit", "resolved", "1"}));
    step();
    change_something();
    pass(std::chrono::hours(5));
    EXPECT_THAT(planned(), IsEmpty());
}

TEST_F(LivingMessageTest, ResolvesWhatWasToldAlsoWhenItIsSuppressedSince) {
    step(true);
    incident_.is_suppressed = true;
    change_something();
    pass(std::chrono::hours(1));
    EXPECT_THAT(planned(), IsEmpty());
    ASSERT_TRUE(resolve(incident_, {"ada", "", std::nullopt}, now_));
    EXPECT_THAT(step(), ElementsAre("resolution", "edit"));
}

TEST_F(LivingMessageTest, WaitsForTheMessageThatIsOnItsWay) {
    send(kPost, "queued");
    ASSERT_TRUE(resolve(incident_, {"ada", "", std::nullopt}, now_));
    EXPECT_THAT(planned(), IsEmpty());
    EXPECT_TRUE(plan().next);
    take_receipt(incident_, {"dlv_1", "delivered", "77", "", now_, ""}, now_);
    EXPECT_EQ(planned().front(), (Message{"resolution", "resolved", "77"}));
}

TEST_F(LivingMessageTest, PostsAgainAfterAPostThatFailedWhenItIsDue) {
    send(kPost, "failed");
    EXPECT_THAT(planned(), IsEmpty());
    EXPECT_THAT(planned(true), IsEmpty()) << "not at once";
    incident_.step = 1;
    EXPECT_THAT(planned(true), ElementsAre(kPost)) << "the escalation went further";
    incident_.step = 0;
    pass(std::chrono::minutes(5));
    EXPECT_THAT(planned(true), ElementsAre(kPost));
}

TEST_F(LivingMessageTest, MakesAMessageAnewOnceWhenItIsGone) {
    step(true);
    for (int i = 0; i < 3; ++i) {
        change_something();
        pass(std::chrono::minutes(6));
        std::vector<Message> now = planned();
        if (i == 0) {
            ASSERT_THAT(now, ElementsAre(Message{"edit", "update", "1"}));
            send(now.front(), "failed");
            EXPECT_THAT(step(), ElementsAre("post"));
        } else if (i == 1) {
            ASSERT_EQ(now.size(), 1U);
            EXPECT_EQ(now.front().what, "edit");
            send(now.front(), "failed");
        }
        EXPECT_THAT(planned(), IsEmpty());
    }
    ASSERT_TRUE(resolve(incident_, {"ada", "", std::nullopt}, now_));
    EXPECT_THAT(step(), ElementsAre("resolution"));
}

TEST_F(LivingMessageTest, SaysThatItEscalates) {
    step(true);
    pass(std::chrono::minutes(1));
    EXPECT_THAT(planned(true), IsEmpty()) << "it has not gone further";
    incident_.step = 2;
    EXPECT_THAT(step(true), ElementsAre("reply"));
    ASSERT_TRUE(acknowledge(incident_, "ada", now_));
    pass(seconds(10));
    step();
    EXPECT_THAT(planned(true), ElementsAre(Message{"reply", "escalated", "1"})) << "a reminder";
}

TEST_F(LivingMessageTest, SaysReopenedWhenNobodyHeardThatItWasResolved) {
    step(true);
    ASSERT_TRUE(acknowledge(incident_, "ada", now_));
    pass(seconds(10));
    step();
    ASSERT_TRUE(resolve(incident_, {"ada", "", std::nullopt}, now_));
    ASSERT_TRUE(reopen(incident_, "ada", "not fixed", now_));
    EXPECT_THAT(planned(), IsEmpty());
    pass(std::chrono::minutes(5));
    EXPECT_THAT(planned(), ElementsAre(Message{"reply", "reopened", "1"}));
}

// Counts what an hour brings: `ring` makes a sound, an edit does not.
struct Hour {
    int rings = 0;
    int edits = 0;
};

class LivingMessageStorm : public LivingMessageTest, public ::testing::WithParamInterface<uint64_t> {
protected:
    template <class Happen>
    Hour run(Happen happen) {
        Hour hour;
        for (int second = 0; second < 3'600; ++second, pass(seconds(1))) {
            happen(second);
            bool is_due = second == 0 || (incident_.state == State::kOpen && incident_.step == 0);
            incident_.step = 1;
            for (const std::string& what : step(is_due)) ++(what == "edit" ? hour.edits : hour.rings);
        }
        return hour;
    }
};

TEST_P(LivingMessageStorm, TellsAFailingSessionOnceAndThenByTheInterval) {
    Random random(GetParam());
    Hour hour = run([&](int) {
        if (incident_.state != State::kOpen) return;
        uint32_t firing = 1 + static_cast<uint32_t>(random.below(40));
        take_alerts(incident_, change(firing, static_cast<uint32_t>(random.below(10))), now_);
    });
    EXPECT_EQ(hour.rings, 1);
    EXPECT_LE(hour.edits, 12);
    EXPECT_GE(hour.edits, 10);
    take_alerts(incident_, change(0, 50), now_);
    EXPECT_THAT(step(), ElementsAre("resolution", "edit"));
}

TEST_P(LivingMessageStorm, IsBoundedHoweverOftenItResolvesAndReopens) {
    Random random(GetParam());
    Hour hour = run([&](int) {
        uint64_t what = random.below(20);
        if (what == 0) take_alerts(incident_, change(0, 1), now_);
        if (what == 1) take_alerts(incident_, change(1), now_);
        if (what == 3) change_something();
        if (what == 4)
            take_severity(incident_, {random.below(2) == 0 ? Severity::kWarning : Severity::kCritical, ""},
                          now_);
    });
    constexpr int kUpdates = 12;  // an hour of five minutes
    EXPECT_LE(hour.rings, 1 + kUpdates + 1);
    EXPECT_LE(hour.edits, kUpdates + 1);
    EXPECT_GE(hour.rings, 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LivingMessageStorm, ::testing::Range<uint64_t>(0, 20));

}  // namespace
}  // namespace nightshift::incidents
