#include "gateway/route_health.h"

#include <gtest/gtest.h>

namespace nightshift::gateway {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kStart = Instant(hours(100));

// Two providers of one key each; the routes name the targets by provider.
Settings settings_of(const std::vector<std::vector<size_t>>& routes) {
    Settings settings;
    settings.providers.push_back({"first", ProviderKind::kOpenAi, "http://one", {Secret("key-1")}});
    settings.providers.push_back({"second", ProviderKind::kOpenAi, "http://two", {Secret("key-2")}});
    for (const auto& providers : routes) {
        Route route;
        route.name = "r" + std::to_string(settings.routes.size());
        for (size_t provider : providers) {
            Target& target = route.targets.emplace_back();
            target.provider = provider;
            target.model = "m";
        }
        settings.routes.push_back(route);
    }
    number_lanes(settings);
    return settings;
}

void fail(const Plan& plan, size_t lane, int times, Instant at) {
    for (int i = 0; i < times; ++i) plan.lanes.on_failure(lane, ErrorClass::kTransient, std::nullopt, at);
}

TEST(RouteHealth, WhatNobodyHasCalledIsUnprovenAndNotGood) {
    const Plan plan(settings_of({{0, 1}}));
    EXPECT_EQ(best_standing(plan, plan.settings.routes[0].targets[0], kStart), Standing::kUnproven);
    plan.lanes.on_success(0, kStart);
    EXPECT_EQ(best_standing(plan, plan.settings.routes[0].targets[0], kStart), Standing::kGood);
    fail(plan, 0, 1, kStart + seconds(1));
    EXPECT_EQ(best_standing(plan, plan.settings.routes[0].targets[0], kStart + seconds(1)),
              Standing::kUnproven);
    EXPECT_TRUE(troubled_routes(plan, kStart).empty());
}

TEST(RouteHealth, ARouteIsInTroubleWhenNoTargetIsLeft) {
    const Plan plan(settings_of({{0, 1}, {1}}));
    fail(plan, 0, 5, kStart);
    EXPECT_TRUE(troubled_routes(plan, kStart).empty());
    plan.lanes.on_failure(1, ErrorClass::kRateLimit, seconds(20), kStart);
    const auto troubles = troubled_routes(plan, kStart + seconds(1));
    ASSERT_EQ(troubles.size(), 2u);
    EXPECT_EQ(troubles[0].route, "r0");
    EXPECT_EQ(troubles[0].why, "first/m: breaker open for 4 s; second/m: cooldown for 19 s");
}

TEST(RouteHealth, ATargetIsBackWithTheFirstOfItsKeys) {
    Settings settings = settings_of({{0}});
    settings.providers[0].keys = {Secret("key-1"), Secret("key-2")};
    number_lanes(settings);
    const Plan plan(settings);
    const Target& target = plan.settings.routes[0].targets[0];
    plan.lanes.on_failure(first_lane(target, 0), ErrorClass::kRateLimit, seconds(60), kStart);
    plan.lanes.on_failure(first_lane(target, 1), ErrorClass::kRateLimit, seconds(20), kStart);
    const auto troubles = troubled_routes(plan, kStart + seconds(1));
    ASSERT_EQ(troubles.size(), 1u);
    EXPECT_EQ(troubles[0].why, "first/m: cooldown for 19 s");
}

TEST(RouteHealth, ATargetOnTrialHasProvenNothingYet) {
    const Plan plan(settings_of({{0}}));
    fail(plan, 0, 5, kStart);
    EXPECT_EQ(troubled_routes(plan, kStart + seconds(6)).size(), 1u);
    ASSERT_EQ(plan.lanes.admit(0, 1, false, kStart + seconds(6)).refusal, Refusal::kNone);
    plan.lanes.on_success(0, kStart + seconds(6));
    EXPECT_TRUE(troubled_routes(plan, kStart + seconds(6)).empty());
}

TEST(RouteHealth, OnlyIdleTargetsAreProbed) {
    const Plan plan(settings_of({{0, 1}, {1, 0}}));
    EXPECT_TRUE(idle_lanes(plan, hours(1), kStart, kStart + minutes(59)).empty());
    plan.lanes.on_success(1, kStart + minutes(30));
    const auto idle = idle_lanes(plan, hours(1), kStart, kStart + minutes(61));
    ASSERT_EQ(idle.size(), 1u) << "each lane once, however many routes lead to it";
    EXPECT_EQ(idle[0].route, 0u);
    EXPECT_EQ(idle[0].target, 0u);
}

TEST(RouteHealth, AProbeThatTellsNothingIsNotRepeatedAtOnce) {
    const Plan plan(settings_of({{0}}));
    ASSERT_EQ(idle_lanes(plan, hours(1), kStart, kStart + hours(1)).size(), 1u);
    plan.lanes.on_probe(0, kStart + hours(1));
    plan.lanes.on_failure(0, ErrorClass::kCallerError, std::nullopt, kStart + hours(1));
    EXPECT_TRUE(idle_lanes(plan, hours(1), kStart, kStart + hours(1) + minutes(59)).empty());
    EXPECT_EQ(idle_lanes(plan, hours(1), kStart, kStart + hours(2)).size(), 1u);
}

TEST(RouteHealth, WhatServesNoChatsIsNotProbedByOne) {
    Settings settings = settings_of({{0}, {1}});
    settings.routes[0].targets[0].model = "text-embedding-3-small";
    number_lanes(settings);
    const Plan plan(settings);
    plan.lanes.on_success(settings.routes[1].targets[0].lane, kStart);
    plan.lanes.note_use(settings.routes[1].targets[0].lane, false);  // a model for responses only
    EXPECT_TRUE(idle_lanes(plan, hours(1), kStart, kStart + hours(2)).empty());
}

TEST(RouteHealth, AModelThatIsGoneIsNotGood) {
    const Plan plan(settings_of({{0}}));
    plan.lanes.on_success(0, kStart);
    plan.lanes.on_failure(0, ErrorClass::kModelMissing, std::nullopt, kStart + seconds(1));
    EXPECT_EQ(best_standing(plan, plan.settings.routes[0].targets[0], kStart + seconds(1)),
              Standing::kUnproven);
}

TEST(RouteHealth, WhoFailedIsProbedSoonerButNotWhileItIsRefused) {
    const Plan plan(settings_of({{0}}));
    fail(plan, 0, 5, kStart);
    EXPECT_TRUE(idle_lanes(plan, hours(1), kStart, kStart + seconds(4)).empty());
    EXPECT_TRUE(idle_lanes(plan, hours(1), kStart, kStart + seconds(30)).empty());
    EXPECT_EQ(idle_lanes(plan, hours(1), kStart, kStart + seconds(61)).size(), 1u);
}

TEST(RouteHealth, OneModelOfAWildcardDoesNotStandForAll) {
    Settings settings = settings_of({{0}});
    settings.routes[0].name = "first/*";
    settings.routes[0].targets[0].model = "*";
    number_lanes(settings);
    const Plan plan(settings);
    const Target& target = plan.settings.routes[0].targets[0];
    const size_t bad = lane_of(target, 0, "first/a");
    const size_t good = lane_of(target, 0, "first/b");
    ASSERT_NE(bad, good);
    fail(plan, bad, 5, kStart);
    plan.lanes.on_success(good, kStart);
    EXPECT_EQ(plan.lanes.admit(bad, 1, false, kStart).refusal, Refusal::kBreaker);
    EXPECT_EQ(plan.lanes.admit(good, 1, false, kStart).refusal, Refusal::kNone);
    EXPECT_EQ(best_standing(plan, target, kStart), Standing::kGood);
    EXPECT_EQ(standing_of(key_state(plan, target, 0, kStart), kStart), Standing::kBreakerOpen);
    EXPECT_TRUE(troubled_routes(plan, kStart).empty());
    fail(plan, good, 5, kStart);
    EXPECT_EQ(troubled_routes(plan, kStart).size(), 1u);
    EXPECT_TRUE(troubled_routes(plan, kStart + seconds(6)).empty()) << "its other models are not known";
}

TEST(RouteHealth, AReloadKeepsWhatIsKnownOfTargetsThatStay) {
    const Plan before(settings_of({{0}, {1}}));
    fail(before, 0, 5, kStart);
    before.lanes.on_success(1, kStart);
    Settings changed = settings_of({{1}, {0}});
    changed.providers[1].keys = {Secret("another key")};
    const Plan after(changed, before);
    EXPECT_EQ(best_standing(after, after.settings.routes[1].targets[0], kStart), Standing::kBreakerOpen);
    EXPECT_EQ(best_standing(after, after.settings.routes[0].targets[0], kStart), Standing::kUnproven);
    before.lanes.on_success(0, kStart + minutes(1));  // a call from before the reload ends
    EXPECT_EQ(best_standing(after, after.settings.routes[1].targets[0], kStart + minutes(1)),
              Standing::kGood);
}

}  // namespace
}  // namespace nightshift::gateway
