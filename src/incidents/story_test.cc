#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "incidents/conclude.h"
#include "incidents/escalation.h"
#include "incidents/facts_for_test.h"
#include "incidents/impact.h"
#include "incidents/incident_for_test.h"
#include "incidents/living_message.h"
#include "incidents/render.h"

// The decisions in their order, as one incident goes through them.
namespace nightshift::incidents {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kStart;
using ::testing::StartsWith;

// From the diagnosis to whoever is told.
EscalationMove go_through(Incident& incident, const Facts& facts, Time now) {
    attach(incident, diagnose(facts, facts.at + milliseconds(900)), now);
    take_severity(incident, judge_severity(incident.stakes, incident.diagnosis, now), now);
    EscalationPolicy policy = default_policy(incident.severity, {});
    if (incident.severity == Severity::kCritical) policy.steps = {{{"phone"}, seconds(300)}};
    if (incident.severity == Severity::kWarning) policy.steps = {{{"telegram"}, seconds(900)}};
    return escalate(incident, policy, {now, false});
}

TEST(Story, NobodyIsWokenByASilentLogWhileTheWorkIsDone) {
    Incident incident = testing::incident();
    incident.stakes.impact = "blocking";
    take_severity(incident, judge_severity(incident.stakes, std::nullopt, kStart), kStart);
    ASSERT_EQ(incident.severity, Severity::kCritical);
    EscalationMove move = go_through(incident, testing::silent_log(), kStart + seconds(6));
    EXPECT_EQ(incident.diagnosis->conclusion, Conclusion::kEnhancement);
    EXPECT_EQ(incident.severity, Severity::kInfo);
    EXPECT_THAT(move.channels, IsEmpty());
    EXPECT_THAT(
        render(incident, {}, kStart + seconds(6)).text,
        StartsWith("INFO · The log of molt is silent\nenhancement: the work is done (12 of the last 12 runs "
                   "verified, newest 8 min ago; delivered to telegram as message 4711"));
}

TEST(Story, SomebodyIsWokenBySessionThatBurnsTokens) {
    Facts facts = testing::session("looping");
    facts.activity->is_loop = true;
    facts.activity->tokens_last_minutes = 90'000;
    Incident incident = testing::incident();
    incident.stakes.impact = "enhancement";
    Time now = kStart + seconds(6);
    EscalationMove move = go_through(incident, facts, now);
    EXPECT_EQ(incident.severity, Severity::kCritical);
    EXPECT_THAT(move.channels, ElementsAre("phone"));
    take_move(incident, move, now);
    MessagePlan plan = plan_messages(incident, {"phone", true, true}, {}, now);
    EXPECT_THAT(plan.now, ElementsAre(Message{"post", "opened", ""}));
    EXPECT_THAT(render(incident, {}, now).text, HasSubstr("Do (now): abort session s1"));
}

TEST(Story, WhatNobodyCanSeeStaysAsSevereAsItIs) {
    Facts facts = testing::silent_log();
    facts.job.reset();
    facts.own->is_source_reachable = false;
    Incident incident = testing::incident();
    incident.stakes.impact = "blocking";
    EscalationMove move = go_through(incident, facts, kStart + seconds(6));
    EXPECT_EQ(incident.diagnosis->conclusion, Conclusion::kUnknown);
    EXPECT_EQ(incident.severity, Severity::kCritical);
    EXPECT_THAT(move.channels, ElementsAre("phone"));
}

}  // namespace
}  // namespace nightshift::incidents
