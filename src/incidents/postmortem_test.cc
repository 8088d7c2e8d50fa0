#include "incidents/postmortem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "incidents/conclude.h"
#include "incidents/facts_for_test.h"
#include "incidents/incident_for_test.h"
#include "incidents/statistics.h"

namespace nightshift::incidents {
namespace {

using ::testing::HasSubstr;
using testing::kStart;
using ::testing::Not;
using ::testing::StartsWith;

Incident told_and_taken() {
    Incident incident = testing::incident();
    attach(incident, diagnose(testing::silent_log(), testing::kFactsAt), kStart + seconds(9));
    Notification post;
    post.channel = "telegram";
    post.delivery = "dlv_1";
    post.what = "post";
    post.state = "delivered";
    post.provider_id = "4711";
    post.sent = kStart + seconds(10);
    take_notification(incident, post, kStart + seconds(10));
    (void)acknowledge(incident, "ada", kStart + seconds(125));
    return incident;
}

TEST(Postmortem, TellsWhatIsKnownInItsOrder) {
    Incident incident = told_and_taken();
    incident.tokens = 90'000;
    incident.cost_nano_usd = 1'230'000'000;
    ASSERT_TRUE(
        resolve(incident, {"ada", "rotated the | log\nby hand", std::nullopt}, kStart + seconds(605)));
    std::string text = postmortem(incident, kStart + seconds(700));
    EXPECT_THAT(text, StartsWith("# Postmortem (draft): The log of molt is silent\n"));
    EXPECT_THAT(text, HasSubstr("| Spent | 90000 tokens, 1.23 USD |"));
    EXPECT_THAT(text, HasSubstr("| to detect | 5 s |"));
    EXPECT_THAT(text, HasSubstr("| to diagnose | 4 s |"));
    EXPECT_THAT(text, HasSubstr("| to acknowledge | 2 min |"));
    EXPECT_THAT(text, HasSubstr("| to resolve | 10 min |"));
    EXPECT_THAT(text,
                HasSubstr("| run records | good | 12 of the last 12 runs verified, newest 8 min ago |"));
    EXPECT_THAT(text, HasSubstr("| telegram | post | delivered | 4711 |"));
    EXPECT_THAT(text, HasSubstr("| resolved | ada | rotated the \\| log by hand |"));
    EXPECT_THAT(text, HasSubstr("## Who took part\n\nada\n"));
    EXPECT_THAT(text, Not(HasSubstr("Why did nobody acknowledge it?")));
}

TEST(Postmortem, AsksWhatIsNotKnown) {
    Incident incident = testing::incident();
    std::string text = postmortem(incident, kStart + std::chrono::hours(1));
    EXPECT_THAT(text, HasSubstr("It was not diagnosed."));
    EXPECT_THAT(text, HasSubstr("not resolved after 59 min"));
    EXPECT_THAT(text, HasSubstr("Nobody was told."));
    EXPECT_THAT(text, HasSubstr("- Was the work done?\n"));
    EXPECT_THAT(text, HasSubstr("- Why did nobody acknowledge it?\n"));
}

TEST(Postmortem, IsShortForAFalseAlarm) {
    Incident incident = told_and_taken();
    ASSERT_TRUE(resolve(incident, {"ada", "nothing", Conclusion::kFalseAlarm}, kStart + seconds(605)));
    std::string text = postmortem(incident, kStart + seconds(700));
    EXPECT_THAT(text, StartsWith("# False alarm: "));
    EXPECT_THAT(text, HasSubstr("ada judged it false_alarm."));
    EXPECT_THAT(text, HasSubstr("- What does rule log silent look at"));
    EXPECT_THAT(text, Not(HasSubstr("## Timeline")));
}

// An incident of `rule` that took `seconds` for everything.
Incident took(std::string rule, int took_seconds, std::optional<Conclusion> judged) {
    Incident incident = testing::incident();
    incident.rule = std::move(rule);
    incident.opened = kStart + seconds(took_seconds);
    incident.diagnosed = incident.acknowledged = incident.resolved = incident.opened + seconds(took_seconds);
    incident.state = State::kResolved;
    incident.judged = judged;
    return incident;
}

TEST(Statistics, GivePercentilesByNearestRank) {
    std::vector<Incident> incidents;
    for (int i = 100; i >= 1; --i) incidents.push_back(took("a", i, std::nullopt));
    incidents.push_back(testing::incident());
    Statistics statistics = statistics_of(incidents);
    EXPECT_EQ(statistics.incidents, 101U);
    EXPECT_EQ(statistics.unresolved, 1U);
    EXPECT_EQ(statistics.acknowledge, (Percentiles{100, seconds(50), seconds(95)}));
    EXPECT_EQ(statistics.resolve.p95, seconds(95));
    EXPECT_EQ(statistics.detect.count, 101U);
    EXPECT_EQ(statistics_of({took("a", 7, std::nullopt)}).resolve, (Percentiles{1, seconds(7), seconds(7)}));
}

TEST(Statistics, NameRulesThatAreOftenWrong) {
    std::vector<Incident> incidents;
    auto add = [&](const char* rule, int wrong, int right) {
        for (int i = 0; i < wrong; ++i) incidents.push_back(took(rule, 1, Conclusion::kFalseAlarm));
        for (int i = 0; i < right; ++i) incidents.push_back(took(rule, 1, Conclusion::kBlocked));
    };
    add("half wrong", 3, 3);
    add("mostly right", 2, 3);
    add("too few", 4, 0);
    Statistics statistics = statistics_of(incidents);
    ASSERT_EQ(statistics.rules.size(), 3U);
    EXPECT_EQ(statistics.rules[0].rule, "too few");
    EXPECT_FALSE(statistics.rules[0].is_often_wrong);
    EXPECT_EQ(statistics.rules[1].rule, "half wrong");
    EXPECT_TRUE(statistics.rules[1].is_often_wrong);
    EXPECT_DOUBLE_EQ(statistics.rules[1].false_alarm_rate(), 0.5);
    EXPECT_FALSE(statistics.rules[2].is_often_wrong);
    EXPECT_EQ(statistics.false_alarms, 9U);
}

TEST(Statistics, TakeAPersonsWordBeforeTheDiagnosis) {
    Incident incident = took("a", 1, Conclusion::kBlocked);
    incident.diagnosis.emplace().conclusion = Conclusion::kFalseAlarm;
    EXPECT_EQ(statistics_of({incident}).false_alarms, 0U);
    incident.judged.reset();
    EXPECT_EQ(statistics_of({incident}).false_alarms, 1U);
}

TEST(Statistics, ShowNullWhereNothingIsKnown) {
    boost::json::object shown = show(statistics_of({}));
    EXPECT_TRUE(shown["resolve"].at("p50_ms").is_null());
    EXPECT_EQ(show(statistics_of({took("a", 7, std::nullopt)}))["resolve"].at("p50_ms").as_int64(), 7'000);
}

}  // namespace
}  // namespace nightshift::incidents
