#include "alerts/evaluator.h"

#include <gtest/gtest.h>

#include "alerts/preview.h"

namespace nightshift::alerts {
namespace {

const Time kStart = from_unix_us(1'700'000'000'000'000);

RulePtr rule(std::string name, SignalKind on, std::string_view where, HoldPolicy hold = {}) {
    auto made = std::make_shared<Rule>();
    made->name = std::move(name);
    made->on = on;
    made->where = *parse_matchers(where);
    made->hold = hold;
    return made;
}

Signal session(std::string_view id, std::string_view state) {
    return {.labels = {{"session", id}, {"agent", "builder"}, {"state", state}}, .says = std::string(state)};
}

TEST(Evaluator, FiresForEachThingOnceAndEndsIt) {
    Evaluator evaluator({rule("failed", SignalKind::kSession, "state=failed")});
    evaluator.observe(SignalKind::kSession,
                      {session("a", "failed"), session("b", "failed"), session("c", "idle")}, kStart);
    auto began = evaluator.tick(kStart);
    ASSERT_EQ(began.size(), 2u);
    EXPECT_EQ(began[0].labels.get("alertname"), "failed");
    EXPECT_TRUE(began[0].is_firing(kStart));
    EXPECT_FALSE(began[0].labels.has("state"));
    EXPECT_EQ(began[0].annotations.get("state"), "failed");

    evaluator.observe(SignalKind::kSession, {session("a", "failed"), session("b", "failed")}, kStart);
    EXPECT_TRUE(evaluator.tick(kStart + seconds(5)).empty());

    evaluator.observe(SignalKind::kSession, {session("a", "working")}, kStart);
    auto over = evaluator.tick(kStart + seconds(10));
    ASSERT_EQ(over.size(), 2u);
    EXPECT_FALSE(over[0].is_firing(kStart + seconds(10)));
}

TEST(Evaluator, NeitherBeginsNorEndsWhatNobodyCanSee) {
    Evaluator evaluator({rule("failed", SignalKind::kSession, "state=failed")});
    evaluator.observe(SignalKind::kSession, {session("a", "failed")}, kStart);
    ASSERT_EQ(evaluator.tick(kStart).size(), 1u);
    evaluator.observe_unknown(SignalKind::kSession, "the fleet is behind");
    EXPECT_TRUE(evaluator.tick(kStart + seconds(500)).empty());
    EXPECT_EQ(evaluator.rules().at(0).problem, "the fleet is behind");
    EXPECT_EQ(evaluator.rules().at(0).firing, 1u);
    evaluator.observe(SignalKind::kSession, {}, kStart + seconds(505));
    EXPECT_EQ(evaluator.tick(kStart + seconds(505)).size(), 1u);
}

TEST(Evaluator, GivesItsAlertsTheLabelsThatASignalAdds) {
    auto failing = std::make_shared<Rule>();
    failing->name = "failing";
    failing->on = SignalKind::kProbe;
    failing->labels = {{"team", "day"}};
    Evaluator evaluator({failing});
    Signal signal{.labels = {{"probe", "db"}, {"state", "failing"}, {"job", "backup"}, {"team", "night"}},
                  .added = {{"job", "backup"}, {"team", "night"}}};
    evaluator.observe(SignalKind::kProbe, {signal}, kStart);
    auto began = evaluator.tick(kStart);
    ASSERT_EQ(began.size(), 1u);
    EXPECT_EQ(began[0].labels,
              (Labels{{"alertname", "failing"}, {"probe", "db"}, {"job", "backup"}, {"team", "day"}}))
        << "the rule's own count more";
}

TEST(Evaluator, LooksAtTheValueAndItsThreshold) {
    auto disk = std::make_shared<Rule>();
    disk->name = "disk";
    disk->on = SignalKind::kResource;
    disk->threshold.above = 0.9;
    disk->summary = "{{resource}} is {{value}} full";
    Evaluator evaluator({disk});
    auto used = [](double share) {
        return std::vector<Signal>{{.labels = {{"resource", "disk"}}, .value = share}};
    };
    evaluator.observe(SignalKind::kResource, used(0.5), kStart);
    EXPECT_TRUE(evaluator.tick(kStart).empty());
    evaluator.observe(SignalKind::kResource, used(0.95), kStart);
    auto began = evaluator.tick(kStart);
    ASSERT_EQ(began.size(), 1u);
    EXPECT_EQ(began[0].annotations.get("summary"), "disk is 0.95 full");
    evaluator.observe(SignalKind::kResource, used(0.5), kStart);
    EXPECT_EQ(evaluator.tick(kStart).size(), 1u);
}

TEST(Evaluator, KeepsSeriesOfRulesThatStay) {
    Evaluator evaluator({rule("failed", SignalKind::kSession, "state=failed"),
                         rule("other", SignalKind::kSession, "state=failed")});
    evaluator.observe(SignalKind::kSession, {session("a", "failed")}, kStart);
    ASSERT_EQ(evaluator.tick(kStart).size(), 2u);
    evaluator.replace({rule("new", SignalKind::kSession, "state=idle"),
                       rule("failed", SignalKind::kSession, "state=failed")});
    auto after = evaluator.tick(kStart + seconds(1));
    ASSERT_EQ(after.size(), 1u);
    EXPECT_EQ(after[0].name(), "other");
    EXPECT_FALSE(after[0].is_firing(kStart + seconds(1)));
    evaluator.observe(SignalKind::kSession, {session("a", "failed")}, kStart + seconds(2));
    EXPECT_TRUE(evaluator.tick(kStart + seconds(2)).empty());
    evaluator.observe(SignalKind::kSession, {}, kStart + seconds(3));
    EXPECT_EQ(evaluator.tick(kStart + seconds(3)).size(), 1u);
}

TEST(Evaluator, GoesOnWithWhatFiredBeforeARestart) {
    std::vector<Alert> before;
    {
        Evaluator evaluator({rule("failed", SignalKind::kSession, "state=failed")});
        evaluator.observe(SignalKind::kSession, {session("a", "failed")}, kStart);
        before = evaluator.tick(kStart);
    }
    ASSERT_EQ(before.size(), 1u);
    Evaluator evaluator({rule("failed", SignalKind::kSession, "state=failed")});
    evaluator.restore(before[0], kStart + seconds(60));
    EXPECT_TRUE(evaluator.tick(kStart + seconds(60)).empty());
    evaluator.observe(SignalKind::kSession, {session("a", "failed")}, kStart + seconds(65));
    for (const Alert& alert : evaluator.tick(kStart + seconds(65))) {
        EXPECT_TRUE(alert.is_firing(kStart + seconds(65)));
        EXPECT_EQ(alert.starts, before[0].starts);
    }
    evaluator.observe(SignalKind::kSession, {}, kStart + seconds(70));
    auto over = evaluator.tick(kStart + seconds(70));
    ASSERT_EQ(over.size(), 1u);
    EXPECT_FALSE(over[0].is_firing(kStart + seconds(70)));
    EXPECT_EQ(over[0].labels, before[0].labels);
}

TEST(Evaluator, KeepsTenantsApart) {
    Evaluator evaluator({rule("failed", SignalKind::kSession, "state=failed")});
    Signal foreign = session("a", "failed");
    foreign.tenant = "other";
    evaluator.observe(SignalKind::kSession, {foreign}, kStart);
    EXPECT_TRUE(evaluator.tick(kStart).empty());
}

TEST(Evaluator, FindsRulesByTheirLabels) {
    std::vector<RulePtr> rules;
    for (int i = 0; i < 1'000; ++i)
        rules.push_back(
            rule(fmt::format("r{}", i), SignalKind::kSession, fmt::format("session=s{}, state=failed", i)));
    Evaluator evaluator(rules);
    std::vector<Signal> all;
    for (int i = 0; i < 1'000; i += 2) all.push_back(session(fmt::format("s{}", i), "failed"));
    evaluator.observe(SignalKind::kSession, all, kStart);
    EXPECT_EQ(evaluator.tick(kStart).size(), 500u);
}

TEST(Preview, SaysWhatARuleWouldHaveDone) {
    auto made = rule("failed", SignalKind::kSession, "state=failed", {.hold = seconds(120)});
    auto history = [](Time at) -> Result<std::vector<Signal>> {
        auto minute = std::chrono::floor<std::chrono::minutes>(at - kStart).count();
        bool fails = (minute >= 10 && minute < 11) || (minute >= 30 && minute < 40);
        if (!fails) return std::vector<Signal>();
        return std::vector<Signal>{session("a", "failed")};
    };
    auto seen = preview(*made, history, kStart, kStart + std::chrono::minutes(60), seconds(60));
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->fired, 1u);
    ASSERT_EQ(seen->episodes.size(), 1u);
    EXPECT_EQ(seen->episodes[0].starts, kStart + std::chrono::minutes(32));
    EXPECT_EQ(seen->episodes[0].ends, kStart + std::chrono::minutes(40));
    EXPECT_EQ(seen->looks, 61u);
}

}  // namespace
}  // namespace nightshift::alerts
