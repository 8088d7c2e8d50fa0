#include "gateway/lanes.h"

#include <gtest/gtest.h>

#include <thread>

namespace nightshift::gateway {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant kStart = Instant(std::chrono::hours(1));

Settings one_lane() {
    Settings settings;
    settings.providers.push_back({"only", ProviderKind::kOpenAi, "http://x", {Secret("key")}});
    Route route;
    route.targets.emplace_back();
    settings.routes.push_back(route);
    number_lanes(settings);
    return settings;
}

Refusal refusal(Lanes& lanes, Instant now, int64_t tokens = 1, bool is_last_resort = false) {
    return lanes.admit(0, tokens, is_last_resort, now).refusal;
}

TEST(Lanes, CoolDownAsLongAsTheProviderAsksButNotForever) {
    Lanes lanes(one_lane());
    lanes.on_failure(0, ErrorClass::kRateLimit, seconds(3), kStart);
    EXPECT_EQ(refusal(lanes, kStart + seconds(2)), Refusal::kCooldown);
    EXPECT_EQ(refusal(lanes, kStart + seconds(3)), Refusal::kNone);
    lanes.on_failure(0, ErrorClass::kRateLimit, std::chrono::hours(9), kStart);
    EXPECT_EQ(lanes.admit(0, 1, false, kStart).again_at, kStart + kCooldownMax);
}

TEST(Lanes, SetAKeyAsideEvenAsALastResort) {
    Lanes lanes(one_lane());
    lanes.on_failure(0, ErrorClass::kCredential, std::nullopt, kStart);
    EXPECT_EQ(refusal(lanes, kStart + minutes(4)), Refusal::kKeySetAside);
    EXPECT_EQ(refusal(lanes, kStart + minutes(4), 1, true), Refusal::kKeySetAside);
    EXPECT_EQ(refusal(lanes, kStart + minutes(5)), Refusal::kNone);
}

TEST(Lanes, GoPastBreakersAndCooldownsAsALastResort) {
    Lanes lanes(one_lane());
    for (int i = 0; i < 5; ++i) lanes.on_failure(0, ErrorClass::kTransient, std::nullopt, kStart);
    EXPECT_EQ(refusal(lanes, kStart), Refusal::kBreaker);
    EXPECT_EQ(refusal(lanes, kStart, 1, true), Refusal::kNone);
}

TEST(Lanes, DoNotCountTheCallersErrors) {
    Lanes lanes(one_lane());
    for (int i = 0; i < 50; ++i) lanes.on_failure(0, ErrorClass::kCallerError, std::nullopt, kStart);
    EXPECT_EQ(refusal(lanes, kStart), Refusal::kNone);
}

TEST(Lanes, CloseTheBreakerWhenTheProbeSucceeds) {
    Lanes lanes(one_lane());
    for (int i = 0; i < 5; ++i) lanes.on_failure(0, ErrorClass::kTransient, std::nullopt, kStart);
    const Instant later = kStart + Breaker::kOpenMin;
    EXPECT_EQ(refusal(lanes, later), Refusal::kNone);
    EXPECT_EQ(refusal(lanes, later), Refusal::kBreaker) << "one probe";
    lanes.on_success(0, later);
    EXPECT_EQ(refusal(lanes, later), Refusal::kNone);
    EXPECT_EQ(refusal(lanes, later), Refusal::kNone);
}

TEST(Lanes, WeighFailuresAgainstTheSuccessesOfTheWindow) {
    Lanes lanes(one_lane());
    for (int i = 0; i < 100; ++i) lanes.on_success(0, kStart);
    for (int i = 0; i < 40; ++i) {
        lanes.on_failure(0, ErrorClass::kBadAnswer, std::nullopt, kStart + seconds(5));
        lanes.on_success(0, kStart + seconds(5));
    }
    EXPECT_EQ(refusal(lanes, kStart + seconds(5)), Refusal::kNone);
    EXPECT_EQ(lanes.state(0, kStart + seconds(5)).successes, 140u);
    EXPECT_EQ(lanes.state(0, kStart + seconds(60)).successes, 0u);
}

TEST(Lanes, HeedWhatTheProviderSaysIsLeft) {
    Lanes lanes(one_lane());
    RateLimits limits;
    limits.tokens = {.limit = 10'000, .remaining = 500, .reset_in = milliseconds(4'000)};
    lanes.on_rate_limits(0, limits, kStart);
    EXPECT_EQ(refusal(lanes, kStart, 400), Refusal::kNone);
    EXPECT_EQ(refusal(lanes, kStart, 600), Refusal::kRateLimit);
    EXPECT_EQ(lanes.admit(0, 600, false, kStart).again_at, kStart + seconds(4));
    EXPECT_EQ(refusal(lanes, kStart + seconds(4), 600), Refusal::kNone);
    limits.requests = {.limit = 10, .remaining = 0, .reset_in = milliseconds(1'000)};
    lanes.on_rate_limits(0, limits, kStart);
    EXPECT_EQ(refusal(lanes, kStart, 1), Refusal::kRateLimit);
}

TEST(Lanes, AreSafeFromManyThreads) {
    Lanes lanes(one_lane());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&lanes, i] {
            for (int call = 0; call < 5'000; ++call) {
                if (lanes.admit(0, 1, true, kStart).refusal != Refusal::kNone) continue;
                if (i == 0 && call % 10 == 0) {
                    lanes.on_failure(0, ErrorClass::kTransient, std::nullopt, kStart);
                } else {
                    lanes.on_success(0, kStart);
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    const LaneState state = lanes.state(0, kStart);
    EXPECT_EQ(state.successes + 500u, 20'000u);
}

}  // namespace
}  // namespace nightshift::gateway
