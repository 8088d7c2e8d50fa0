#include "alerts/rule.h"

#include <gtest/gtest.h>

namespace nightshift::alerts {
namespace {

Rule named(SignalKind on) {
    Rule rule;
    rule.name = "r";
    rule.on = on;
    return rule;
}

std::string problem(const Rule& rule) {
    auto good = check_rule(rule);
    return good ? "" : good.error().message;
}

TEST(Rule, SaysThatItCanNeverFire) {
    Rule rule = named(SignalKind::kSession);
    rule.where = {*parse_matcher("state=failed"), *parse_matcher("state=looping")};
    EXPECT_NE(problem(rule).find("never fires"), std::string::npos);
    rule = named(SignalKind::kResource);
    rule.threshold.above = 1.5;
    EXPECT_NE(problem(rule).find("never fires"), std::string::npos);
    rule.threshold = {.above = 0.9, .below = 0.5};
    EXPECT_NE(problem(rule).find("never fires"), std::string::npos);
    rule = named(SignalKind::kJob);
    rule.hold.hits = 5;
    rule.hold.looks = 3;
    EXPECT_NE(problem(rule).find("never fires"), std::string::npos);
    rule = named(SignalKind::kSilence);
    rule.measure.over = seconds(600);
    rule.threshold.above = 900;
    EXPECT_NE(problem(rule).find("never fires"), std::string::npos);
}

TEST(Rule, SaysThatItWouldAlwaysFire) {
    Rule rule = named(SignalKind::kQuery);
    rule.measure.aggregate = "count";
    EXPECT_NE(problem(rule).find("always fires"), std::string::npos);
    rule = named(SignalKind::kResource);
    rule.threshold.above = -1;
    EXPECT_NE(problem(rule).find("always fires"), std::string::npos);
}

TEST(Rule, IsGoodWhenItCanDoBoth) {
    Rule rule = named(SignalKind::kQuery);
    rule.measure.aggregate = "p95(duration)";
    rule.threshold.above = 3e7;
    rule.summary = "{{agent}} is slow: {{value}}";
    EXPECT_EQ(problem(rule), "");
    rule.summary = "{{agent";
    EXPECT_NE(problem(rule).find("braces"), std::string::npos);
    rule.summary = "{{ }}";
    EXPECT_NE(problem(rule).find("name"), std::string::npos);
}

TEST(Rule, FillsInWhatTheSignalHas) {
    Signal signal{.labels = {{"agent", "builder"}}, .value = 0.25, .says = "slow"};
    EXPECT_EQ(fill_in("{{agent}}: {{ value }} {{says}}{{nobody}}!", signal), "builder: 0.25 slow!");
    EXPECT_EQ(fill_in("open {{agent", signal), "open {{agent");
}

}  // namespace
}  // namespace nightshift::alerts
