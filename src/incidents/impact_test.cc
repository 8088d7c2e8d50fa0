#include "incidents/impact.h"

#include <gtest/gtest.h>

namespace nightshift::incidents {
namespace {

constexpr Time kNow{std::chrono::hours(24 * 365 * 56)};

Diagnosis concluded(Conclusion conclusion) {
    Diagnosis diagnosis;
    diagnosis.conclusion = conclusion;
    return diagnosis;
}

Stakes impact(std::string word) {
    Stakes stakes;
    stakes.impact = std::move(word);
    return stakes;
}

Severity severity(const Stakes& stakes, const std::optional<Diagnosis>& diagnosis = std::nullopt) {
    return judge_severity(stakes, diagnosis, kNow).severity;
}

TEST(Impact, DecidesBeforeWhatTheRuleAsks) {
    EXPECT_EQ(severity(impact("blocking")), Severity::kCritical);
    EXPECT_EQ(severity(impact("degraded")), Severity::kWarning);
    Stakes stakes = impact("enhancement");
    stakes.asked = Severity::kCritical;
    EXPECT_EQ(severity(stakes), Severity::kInfo);
    stakes.impact.clear();
    EXPECT_EQ(severity(stakes), Severity::kCritical);
    EXPECT_EQ(severity(Stakes{}), Severity::kWarning);
}

TEST(Impact, LetsAnAgentRaiseButNeverLower) {
    Stakes stakes = impact("degraded");
    stakes.raised = Severity::kInfo;
    EXPECT_EQ(severity(stakes), Severity::kWarning);
    stakes.raised = Severity::kCritical;
    EXPECT_EQ(severity(stakes), Severity::kCritical);
    // Proof stands over the word of an agent.
    EXPECT_EQ(severity(stakes, concluded(Conclusion::kFalseAlarm)), Severity::kInfo);
}

TEST(Impact, IsLowerWhileAnotherWayWorks) {
    Stakes stakes = impact("blocking");
    stakes.redundancy = 1;
    EXPECT_EQ(severity(stakes), Severity::kWarning);
    EXPECT_EQ(severity(stakes, concluded(Conclusion::kBlocked)), Severity::kCritical);
    stakes.redundancy.reset();
    EXPECT_EQ(severity(stakes), Severity::kCritical);
    stakes.is_verified_otherwise = true;
    EXPECT_EQ(severity(stakes), Severity::kWarning);
}

TEST(Impact, GrowsAsTheDeadlineComesNear) {
    Stakes stakes = impact("degraded");
    stakes.customers = "paying";
    stakes.deadline = kNow + std::chrono::hours(5);
    EXPECT_EQ(severity(stakes), Severity::kWarning);
    stakes.deadline = kNow + std::chrono::minutes(30);
    EXPECT_EQ(severity(stakes), Severity::kCritical);
    stakes.is_verified_otherwise = true;
    EXPECT_EQ(severity(stakes), Severity::kWarning);
}

TEST(Impact, WaitsWithInternalWorkFarFromItsDeadline) {
    Stakes stakes = impact("blocking");
    stakes.customers = "internal";
    stakes.deadline = kNow + std::chrono::hours(5);
    EXPECT_EQ(severity(stakes), Severity::kWarning);
    stakes.deadline = kNow + std::chrono::hours(3);
    EXPECT_EQ(severity(stakes), Severity::kCritical);
    stakes.deadline.reset();
    EXPECT_EQ(severity(stakes), Severity::kCritical);
}

TEST(Impact, FollowsTheDiagnosisDown) {
    Stakes stakes = impact("blocking");
    EXPECT_EQ(severity(stakes, concluded(Conclusion::kFalseAlarm)), Severity::kInfo);
    EXPECT_EQ(severity(stakes, concluded(Conclusion::kEnhancement)), Severity::kInfo);
    Diagnosis degraded = concluded(Conclusion::kDegraded);
    EXPECT_EQ(severity(stakes, degraded), Severity::kCritical);
    degraded.works = {"the report is verified"};
    EXPECT_EQ(severity(stakes, degraded), Severity::kWarning);
}

TEST(Impact, KeepsAWarningForAnEnhancementOfPayingCustomersOrWithFactsMissing) {
    Stakes stakes = impact("blocking");
    Diagnosis incomplete = concluded(Conclusion::kEnhancement);
    incomplete.is_complete = false;
    EXPECT_EQ(severity(stakes, incomplete), Severity::kWarning);
    stakes.customers = "paying";
    EXPECT_EQ(severity(stakes, concluded(Conclusion::kEnhancement)), Severity::kWarning);
}

TEST(Impact, IsNeverLoweredByWhatIsUnknown) {
    for (const char* word : {"blocking", "degraded", "enhancement", ""})
        EXPECT_EQ(severity(impact(word), concluded(Conclusion::kUnknown)), severity(impact(word)));
}

TEST(Impact, RaisesWhatIsBlockedUnderCriticalConditions) {
    Stakes stakes = impact("enhancement");
    Diagnosis blocked = concluded(Conclusion::kBlocked);
    EXPECT_EQ(severity(stakes, blocked), Severity::kWarning);
    blocked.is_burning = true;
    EXPECT_EQ(severity(stakes, blocked), Severity::kCritical);
    blocked.is_burning = false;
    stakes.customers = "paying";
    EXPECT_EQ(severity(stakes, blocked), Severity::kCritical);
}

TEST(Impact, SaysWhichRulesDecided) {
    Judged judged = judge_severity(impact("blocking"), concluded(Conclusion::kFalseAlarm), kNow);
    EXPECT_EQ(judged.why, "impact blocking; proven to be a false alarm: info");
}

}  // namespace
}  // namespace nightshift::incidents
