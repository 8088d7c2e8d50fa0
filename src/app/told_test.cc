#include "app/told.h"

#include <gtest/gtest.h>

#include "app/facts.h"
#include "incidents/limits.h"

namespace nightshift::app {
namespace {

const Time kNow = from_unix_us(1'700'000'000'000'000);

alerts::AlertPtr alert(const Labels& labels, std::string_view summary = "") {
    alerts::Alert made;
    made.labels = labels;
    if (!summary.empty()) made.annotations = {{"summary", summary}};
    made.starts = kNow - seconds(60);
    made.ends = alerts::Alert::kForever;
    return std::make_shared<const alerts::Alert>(std::move(made));
}

alerts::Flush flush_of(std::vector<alerts::AlertPtr> all) {
    alerts::Flush flush;
    flush.key = "k";
    flush.tenant = "default";
    flush.firing = static_cast<uint32_t>(all.size());
    flush.alerts = std::move(all);
    return flush;
}

jobs::JobPtr job(std::string name) {
    auto made = std::make_shared<jobs::Job>();
    made->tenant = "default";
    made->name = std::move(name);
    return made;
}

TEST(Told, TakesNobodyElsesJobForOneOfOurs) {
    alerts::Flush scraped = flush_of({alert({{"alertname", "TargetDown"}, {"job", "node"}})});
    EXPECT_EQ(told_of(scraped, {}, {job("backup")}, kNow).change.subject,
              (incidents::Subject{"series", "TargetDown"}));
    alerts::Flush of_agent = flush_of({alert({{"alertname", "Slow"}, {"job", "node"}, {"agent", "molt"}})});
    EXPECT_EQ(told_of(of_agent, {}, {job("backup")}, kNow).change.subject,
              (incidents::Subject{"agent", "molt"}));
    EXPECT_EQ(told_of(scraped, {}, {job("node")}, kNow).change.subject, (incidents::Subject{"job", "node"}));
}

TEST(Told, KeepsWhatAllAlertsHaveInCommon) {
    auto told = told_of(flush_of({alert({{"alertname", "a"}, {"job", "backup"}, {"n", "1"}}, "first"),
                                  alert({{"alertname", "a"}, {"job", "backup"}, {"n", "2"}}, "second")}),
                        {}, {job("backup")}, kNow);
    EXPECT_EQ(told.change.common, (Labels{{"alertname", "a"}, {"job", "backup"}}));
    EXPECT_EQ(told.change.title, "first");
    EXPECT_EQ(told.change.subject.kind, "job");
    EXPECT_EQ(told.change.subject.name, "backup");
    EXPECT_EQ(told.change.started, kNow - seconds(60));
    EXPECT_EQ(told.firing.size(), 2u);
}

TEST(Told, AsksForTheWorstSeverityOfWhatFires) {
    auto told = told_of(flush_of({alert({{"alertname", "a"}, {"severity", "info"}}),
                                  alert({{"alertname", "a"}, {"severity", "page"}})}),
                        {}, {}, kNow);
    EXPECT_EQ(told.change.stakes.asked, Severity::kCritical);
}

TEST(Told, TakesStakesFromTheConfiguration) {
    StakesRule rule;
    rule.matchers = *alerts::parse_matchers("job=billing");
    rule.stakes.impact = "blocking";
    rule.stakes.customers = "paying";
    auto told = told_of(flush_of({alert({{"alertname", "a"}, {"job", "billing"}})}), {rule}, {}, kNow);
    EXPECT_EQ(told.change.stakes.impact, "blocking");
    EXPECT_EQ(told.change.stakes.customers, "paying");
    auto other = told_of(flush_of({alert({{"alertname", "a"}, {"job", "other"}})}), {rule}, {}, kNow);
    EXPECT_EQ(other.change.stakes.impact, "");
}

TEST(Told, KeepsOnlySoManyMembersAndCountsThemAll) {
    std::vector<alerts::AlertPtr> many;
    for (int i = 0; i < 500; ++i) many.push_back(alert({{"alertname", "a"}, {"n", std::to_string(i)}}));
    auto told = told_of(flush_of(many), {}, {}, kNow);
    EXPECT_EQ(told.change.members.size(), incidents::kMembersMax);
    EXPECT_EQ(told.change.firing, 500u);
    EXPECT_EQ(told.firing.size(), 500u);
}

TEST(Subject, IsTheMostPreciseThingThatIsNamed) {
    EXPECT_EQ(subject_of({{"agent", "a"}, {"session", "s"}}).kind, "session");
    EXPECT_EQ(subject_of({{"agent", "a"}, {"job", "j"}}).kind, "job");
    EXPECT_EQ(subject_of({{"part", "recorder"}}).kind, "self");
    EXPECT_EQ(subject_of({{"alertname", "HighLoad"}, {"instance", "x"}}).kind, "series");
    EXPECT_EQ(subject_of({{"alertname", "HighLoad"}}).name, "HighLoad");
}

}  // namespace
}  // namespace nightshift::app
