#include "app/fact_parts.h"

#include <gtest/gtest.h>

namespace nightshift::app {
namespace {

using Health = incidents::DependencyFact::Health;
const Time kNow = from_unix_us(1'700'000'000'000'000);

jobs::Evidence evidence(std::string expectation, jobs::Outcome outcome) {
    jobs::Evidence made;
    made.expectation = std::move(expectation);
    made.outcome = outcome;
    made.condition = "in words";
    return made;
}

TEST(FactParts, CallsTheFurtherPathsOfAnExpectationAlternatives) {
    jobs::Occurrence occurrence;
    occurrence.key = {"default", "backup", kNow};
    occurrence.verdict = jobs::Verdict::kVerified;
    auto run = run_fact(occurrence,
                        {evidence("posted", jobs::Outcome::kFails), evidence("posted", jobs::Outcome::kHolds),
                         evidence("file", jobs::Outcome::kHolds)},
                        kNow);
    EXPECT_EQ(run.verdict, "verified");
    ASSERT_EQ(run.expectations.size(), 3u);
    EXPECT_FALSE(run.expectations[0].is_alternative);
    EXPECT_TRUE(run.expectations[1].is_alternative);
    EXPECT_FALSE(run.expectations[2].is_alternative);
    EXPECT_EQ(run.expectations[1].outcome, "holds");
}

TEST(FactParts, CountsSiblingsButNotTheSubject) {
    auto verdict = [](std::string_view job, std::string_view word) {
        return alerts::Signal{.labels = {{"job", job}, {"verdict", word}}};
    };
    auto all = sibling_facts({verdict("a", "failed"), verdict("b", "verified"), verdict("c", "missed"),
                              verdict("d", "unverified")},
                             nullptr, {"job", "a"}, "");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].good, 1u);
    EXPECT_EQ(all[0].bad, 1u);
    EXPECT_EQ(all[0].unknown, 1u);
    EXPECT_EQ(all[0].bad_names, (std::vector<std::string>{"c"}));
}

TEST(FactParts, SaysThatARouteHasAnotherWay) {
    gateway::RouteReport degraded{.route = "fast", .is_served = true, .why = "all"};
    degraded.troubled = "groq/llama: breaker open";
    degraded.serving = "local/llama";
    gateway::RouteReport down{
        .route = "slow", .is_served = false, .why = "x: cooldown", .troubled = "x: cooldown"};
    gateway::RouteReport untried{.route = "new", .is_served = true, .why = "y: unproven"};
    auto facts = route_facts({degraded, down, untried});
    EXPECT_EQ(facts[0].health, Health::kDegraded);
    EXPECT_TRUE(facts[0].has_alternative);
    EXPECT_EQ(facts[1].health, Health::kDown);
    EXPECT_FALSE(facts[1].has_alternative);
    // Nobody has called it: that is not good.
    EXPECT_EQ(facts[2].health, Health::kUnknown);
}

TEST(FactParts, TakesAChannelWithoutReceiptsForUnknown) {
    delivery::ChannelHealth silent{.name = "a", .is_configured = true};
    delivery::ChannelHealth failing{.name = "b", .is_configured = true, .last_receipt = kNow - seconds(60)};
    failing.last_error = kNow;
    failing.last_error_text = "403";
    delivery::ChannelHealth gone{.name = "c", .is_configured = false};
    auto facts = channel_facts({silent, failing, gone});
    ASSERT_EQ(facts.size(), 2u);
    EXPECT_EQ(facts[0].health, Health::kUnknown);
    EXPECT_EQ(facts[1].health, Health::kDown);
    EXPECT_EQ(facts[1].says, "403");
}

TEST(FactParts, ReadsTheFleetsJson) {
    auto facts = activity_facts(R"({"id":"s1","agent":"builder","source":"openclaw/main",
        "state":{"value":"looping","since_ms":1000,"why":"7 times"},"tokens":{"input":10,"output":5},
        "cost_usd":0.5,"errors":2,"last_event_ms":2000,"detections":[{"explanation":"the same call"}]})",
                                true);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->session, "s1");
    EXPECT_TRUE(facts->is_loop);
    EXPECT_EQ(facts->tokens, 15u);
    EXPECT_EQ(facts->cost_nano_usd, 500'000'000);
    EXPECT_EQ(facts->loop, "the same call");
    EXPECT_TRUE(facts->can_abort);
    EXPECT_FALSE(activity_facts("no JSON", true));
}

}  // namespace
}  // namespace nightshift::app
