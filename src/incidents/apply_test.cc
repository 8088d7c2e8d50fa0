#include "incidents/apply.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "incidents/incident_for_test.h"
#include "incidents/limits.h"
#include "incidents/timeline.h"

namespace nightshift::incidents {
namespace {

using testing::change;
using testing::kStart;
using testing::member;

constexpr Time kLater = kStart + seconds(60);

const Entry& last(const Incident& incident) {
    return incident.timeline.back();
}

TEST(Apply, OpensWithTheSeverityOfTheStakes) {
    Incident incident = testing::incident(2);
    EXPECT_EQ(incident.state, State::kOpen);
    EXPECT_EQ(incident.severity, Severity::kWarning);
    EXPECT_EQ(incident.severity_why, "impact degraded");
    EXPECT_EQ(incident.revision, 1);
    EXPECT_EQ(incident.started, kStart);
    ASSERT_EQ(incident.timeline.size(), 1U);
    EXPECT_EQ(last(incident).kind, "opened");
}

TEST(Apply, TakesAlertsAndNamesTheNewOnes) {
    Incident incident = testing::incident(1);
    EXPECT_FALSE(take_alerts(incident, change(1), kLater));
    EXPECT_EQ(incident.revision, 1);
    EXPECT_TRUE(take_alerts(incident, change(3), kLater));
    EXPECT_EQ(incident.revision, 2);
    EXPECT_EQ(incident.firing, 3U);
    EXPECT_EQ(last(incident).text, "3 of 3 alerts fire; new: alert 2, alert 3");
}

TEST(Apply, TakesOtherWordsOfTheSameAlertsWithoutAnEntry) {
    Incident it = testing::incident();
    size_t entries = it.timeline.size();
    int revision = it.revision;
    GroupChange grown = testing::change(1);
    grown.title = "The log of molt is silent for 2 h";
    grown.members[0].summary = "silent for 2 h";
    EXPECT_TRUE(take_alerts(it, grown, testing::kStart + seconds(60)));
    EXPECT_EQ(it.title, grown.title);
    EXPECT_EQ(it.members[0].summary, "silent for 2 h");
    EXPECT_EQ(it.revision, revision + 1);
    EXPECT_EQ(it.timeline.size(), entries);
    EXPECT_FALSE(take_alerts(it, grown, testing::kStart + seconds(61)));
}

TEST(Apply, KeepsAtMostSoManyMembersTheFiringFirst) {
    GroupChange many = change(0, 0);
    for (uint64_t i = 0; i < 200; ++i) many.members.push_back(member(i, i >= 190));
    many.firing = 10;
    many.total = 200;
    Incident incident = open_incident("inc_1", many, kStart);
    ASSERT_EQ(incident.members.size(), kMembersMax);
    EXPECT_TRUE(incident.members[9].is_firing);
    EXPECT_FALSE(incident.members[10].is_firing);
    EXPECT_EQ(incident.total, 200U);
}

TEST(Apply, ResolvesWhenNothingFiresUnlessItFlaps) {
    Incident incident = testing::incident(2);
    GroupChange flapping = change(0, 2);
    flapping.is_flapping = true;
    take_alerts(incident, flapping, kLater);
    EXPECT_EQ(incident.state, State::kOpen);
    take_alerts(incident, change(0, 2), kLater + seconds(1));
    EXPECT_EQ(incident.state, State::kResolved);
    EXPECT_EQ(incident.resolved, kLater + seconds(1));
    EXPECT_EQ(incident.resolved_why, "all 2 alerts have ended");
}

TEST(Apply, ReopensWhenItFiresAgain) {
    Incident incident = testing::incident(1);
    take_alerts(incident, change(0, 1), kLater);
    ASSERT_EQ(incident.state, State::kResolved);
    EXPECT_TRUE(may_reopen(incident, kLater + kReopenWithin));
    EXPECT_FALSE(may_reopen(incident, kLater + kReopenWithin + seconds(1)));
    take_alerts(incident, change(1), kLater + seconds(30));
    EXPECT_EQ(incident.state, State::kOpen);
    EXPECT_FALSE(incident.resolved);
    EXPECT_EQ(last(incident).kind, "reopened");
}

TEST(Apply, StaysResolvedByAPersonUntilSomethingElseFires) {
    Incident incident = testing::incident(1);
    ASSERT_TRUE(resolve(incident, {"ada", "known", Conclusion::kFalseAlarm}, kLater));
    EXPECT_EQ(incident.judged, Conclusion::kFalseAlarm);
    GroupChange same = change(1);
    same.total = 2;
    take_alerts(incident, same, kLater + seconds(1));
    EXPECT_EQ(incident.state, State::kResolved);
    take_alerts(incident, change(2), kLater + seconds(2));
    EXPECT_EQ(incident.state, State::kOpen);
    EXPECT_FALSE(incident.judged);
}

TEST(Apply, WritesOneEntryHoweverOftenItFlaps) {
    Incident incident = testing::incident(1);
    for (int i = 0; i < 100; ++i) {
        GroupChange flapping = change(i % 2 == 0 ? 0 : 1, i % 2 == 0 ? 1 : 0);
        flapping.is_flapping = true;
        take_alerts(incident, flapping, kLater + seconds(i));
    }
    EXPECT_EQ(incident.timeline.size(), 2U);
    EXPECT_EQ(last(incident).time, kLater + seconds(99));
}

TEST(Apply, SaysWhyNobodyIsTold) {
    Incident incident = testing::incident(1);
    GroupChange silenced = change(1);
    silenced.is_suppressed = true;
    silenced.suppressed_why = "silenced by ada until tomorrow";
    EXPECT_TRUE(take_alerts(incident, silenced, kLater));
    EXPECT_TRUE(incident.is_suppressed);
    EXPECT_EQ(last(incident).text, "nobody is told: silenced by ada until tomorrow");
    take_alerts(incident, change(1), kLater);
    EXPECT_FALSE(incident.is_suppressed);
    EXPECT_TRUE(incident.suppressed_why.empty());
}

TEST(Apply, WritesADiagnosisOnlyWhenItSaysSomethingElse) {
    Incident incident = testing::incident();
    Diagnosis diagnosis;
    diagnosis.conclusion = Conclusion::kEnhancement;
    diagnosis.summary = "the log is silent, the work is done";
    attach(incident, diagnosis, kLater);
    int revision = incident.revision;
    EXPECT_EQ(last(incident).text, "enhancement: the log is silent, the work is done");
    diagnosis.at = kLater;
    attach(incident, diagnosis, kLater + seconds(60));
    EXPECT_EQ(incident.revision, revision);
    EXPECT_EQ(incident.diagnosed, kLater);
    EXPECT_EQ(incident.diagnosis->at, kLater);
}

TEST(Apply, EscalatesAnewAfterARaiseUnlessSomebodyHasIt) {
    Incident incident = testing::incident();
    incident.step = 2;
    incident.next_step = kLater;
    take_severity(incident, {Severity::kCritical, "the deadline is near"}, kLater);
    EXPECT_EQ(incident.step, 0);
    EXPECT_FALSE(incident.next_step);
    EXPECT_EQ(last(incident).text, "raised from warning to critical: the deadline is near");
    incident.step = 1;
    take_severity(incident, {Severity::kInfo, "false alarm"}, kLater);
    EXPECT_EQ(incident.step, 1);
    int revision = incident.revision;
    take_severity(incident, {Severity::kInfo, "still"}, kLater);
    EXPECT_EQ(incident.revision, revision);
    EXPECT_EQ(incident.severity_why, "still");
}

TEST(Apply, GivesItToOnePerson) {
    Incident incident = testing::incident();
    EXPECT_EQ(acknowledge(incident, "  ", kLater).error().code, Code::kInvalid);
    ASSERT_TRUE(acknowledge(incident, "ada", kLater));
    EXPECT_EQ(incident.state, State::kAcknowledged);
    EXPECT_EQ(incident.assignee, "ada");
    int revision = incident.revision;
    EXPECT_TRUE(acknowledge(incident, "ada", kLater + seconds(1)));
    EXPECT_EQ(incident.revision, revision);
    auto other = acknowledge(incident, "bob", kLater + seconds(2));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Code::kConflict);
    EXPECT_NE(other.error().message.find("ada has it"), std::string::npos);
}

TEST(Apply, HandsOverUntilTheOtherTakesIt) {
    Incident incident = testing::incident();
    ASSERT_TRUE(acknowledge(incident, "ada", kLater));
    ASSERT_TRUE(hand_over(incident, "ada", "bob", kLater + seconds(10)));
    EXPECT_EQ(incident.state, State::kOpen);
    EXPECT_EQ(incident.assignee, "bob");
    EXPECT_EQ(incident.next_step, kLater + seconds(10) + kHandOverWait);
    ASSERT_TRUE(acknowledge(incident, "bob", kLater + seconds(20)));
    EXPECT_EQ(incident.acknowledged_by, "bob");
    EXPECT_EQ(incident.acknowledged, kLater) << "the first counts";
    EXPECT_FALSE(incident.next_step);
    EXPECT_FALSE(hand_over(incident, "bob", "", kLater));
}

TEST(Apply, RefusesWhatAResolvedOneCannotDo) {
    Incident incident = testing::incident();
    EXPECT_EQ(reopen(incident, "ada", "", kLater).error().code, Code::kConflict);
    ASSERT_TRUE(resolve(incident, {"ada", "done", std::nullopt}, kLater));
    EXPECT_EQ(resolve(incident, {"bob", "done", std::nullopt}, kLater).error().code, Code::kConflict);
    EXPECT_EQ(acknowledge(incident, "bob", kLater).error().code, Code::kConflict);
    EXPECT_EQ(hand_over(incident, "ada", "bob", kLater).error().code, Code::kConflict);
    EXPECT_TRUE(note(incident, "bob", "look at the proxy next time", kLater));
    ASSERT_TRUE(reopen(incident, "ada", "not fixed", kLater));
    EXPECT_EQ(incident.step, 0);
}

TEST(Apply, CutsLongWordsAndRefusesEmptyOnes) {
    Incident incident = testing::incident();
    EXPECT_EQ(note(incident, "ada", " \n", kLater).error().code, Code::kInvalid);
    ASSERT_TRUE(note(incident, "ada", std::string(10'000, 'x'), kLater));
    EXPECT_EQ(last(incident).text.size(), kTextBytesMax);
}

TEST(Apply, KeepsTheBeginningAndTheEndOfALongTimeline) {
    Incident incident = testing::incident();
    for (int i = 0; i < 2'000; ++i) add_action(incident, "ada", "step " + std::to_string(i), "", kLater);
    ASSERT_EQ(incident.timeline.size(), kTimelineMax);
    EXPECT_EQ(incident.timeline[0].kind, "opened");
    EXPECT_EQ(incident.timeline[9].text, "step 8");
    EXPECT_EQ(last(incident).text, "step 1999");
}

TEST(Apply, RemembersWhatBecameOfEachNotification) {
    Incident incident = testing::incident();
    int revision = incident.revision;
    Notification post;
    post.channel = "telegram";
    post.delivery = "dlv_1";
    post.what = "post";
    post.state = "queued";
    take_notification(incident, post, kLater);
    EXPECT_EQ(incident.notified, kLater);
    EXPECT_FALSE(take_receipt(incident, {"dlv_9", "delivered", "1", "", kLater, ""}, kLater));
    EXPECT_TRUE(take_receipt(incident, {"dlv_1", "delivered", "4711", "", kLater, ""}, kLater));
    EXPECT_EQ(last(incident).text, "telegram took it as message 4711");
    EXPECT_FALSE(take_receipt(incident, {"dlv_1", "delivered", "", "", kLater, ""}, kLater));
    EXPECT_FALSE(take_receipt(incident, {"dlv_1", "sending", "", "", std::nullopt, ""}, kLater));
    EXPECT_EQ(incident.notifications[0].provider_id, "4711");
    EXPECT_EQ(incident.revision, revision) << "a receipt must not cause a message";
}

TEST(Apply, ForgetsTheOldestSettledNotificationFirst) {
    Incident incident = testing::incident();
    for (size_t i = 0; i < kNotificationsMax + 1; ++i) {
        Notification each;
        each.delivery = "dlv_" + std::to_string(i);
        each.what = "edit";
        if (i > 0) each.settled = kLater;
        keep_notification(incident, each);
    }
    ASSERT_EQ(incident.notifications.size(), kNotificationsMax);
    EXPECT_EQ(incident.notifications[0].delivery, "dlv_0");
    EXPECT_EQ(incident.notifications[1].delivery, "dlv_2");
}

}  // namespace
}  // namespace nightshift::incidents
