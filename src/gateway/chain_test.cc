#include "gateway/chain.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace nightshift::gateway {
namespace {

using std::chrono::seconds;
using Kind = Step::Kind;

const Instant kStart = Instant(std::chrono::hours(1));

// Lanes as a test says they are.
class Lanes final : public LaneView {
public:
    Admission admit(size_t lane, int64_t, bool is_last_resort, Instant) override {
        auto found = refused.find(lane);
        if (found == refused.end()) return {};
        const bool gives_way = is_last_resort && found->second.refusal != Refusal::kKeySetAside;
        return gives_way ? Admission{} : found->second;
    }
    bool take_retry(size_t, Instant) override { return retries_left-- > 0; }

    std::map<size_t, Admission> refused;
    int retries_left = 100;
};

// Targets a, b, c … at providers with one key each, unless a test changes it.
struct Bench {
    explicit Bench(size_t count = 3) {
        for (size_t i = 0; i < count; ++i) {
            ProviderSpec provider;
            provider.name = std::string(1, static_cast<char>('a' + i));
            provider.keys = {Secret("key")};
            settings.providers.push_back(provider);
            Target target;
            target.provider = i;
            target.model = "model-" + provider.name;
            target.tier = static_cast<int>(i);
            route.targets.push_back(target);
        }
        number();
    }
    void number() {
        settings.routes = {route};
        number_lanes(settings);
        set_deadlines(settings);
        route = settings.routes[0];
    }
    Chain chain(CallNeeds needs = {}, uint64_t random = 1) {
        return Chain(route, settings.providers, needs, now, random);
    }
    // Fails every attempt in one way until the chain gives up; returns "a0 b0 …" with what was tried.
    std::string walk(Chain& chain, AttemptFailure failure) {
        std::string tried;
        for (int i = 0; i < 50; ++i) {
            Step step = chain.next(lanes, now);
            if (step.kind == Kind::kGiveUp) return tried;
            if (step.kind == Kind::kWait) {
                now += step.wait;
                continue;
            }
            tried += tried.empty() ? "" : " ";
            tried += settings.providers[route.targets[step.target].provider].name;
            tried += std::to_string(step.key);
            chain.on_failure(failure, lanes, now);
        }
        return "endless";
    }
    std::string walk(ErrorClass error_class, CallNeeds needs = {}) {
        Chain walked = chain(needs);
        return walk(walked, {.error_class = error_class});
    }

    Settings settings;
    Route route;
    Lanes lanes;
    Instant now = kStart;
};

struct Way {
    ErrorClass error_class;
    std::string tried;
    int status;
};

class ChainWay : public testing::TestWithParam<Way> {};

TEST_P(ChainWay, WalksAsTheTableSays) {
    Bench bench;
    bench.settings.providers[0].keys.emplace_back("second");
    bench.number();
    Chain chain = bench.chain();
    EXPECT_EQ(bench.walk(chain, {.error_class = GetParam().error_class}), GetParam().tried);
    EXPECT_EQ(chain.outcome(bench.now).status, GetParam().status);
    EXPECT_EQ(chain.outcome(bench.now).error_class, GetParam().error_class);
}

using enum ErrorClass;
INSTANTIATE_TEST_SUITE_P(
    Classes, ChainWay,
    testing::Values(Way{kCallerError, "a0", 0}, Way{kModelMissing, "a0 b0 c0", 502},
                    Way{kContextTooLong, "a0", 400}, Way{kContentPolicy, "a0", 0},
                    Way{kCredential, "a0 a1 b0 c0", 502}, Way{kRateLimit, "a0 a1 b0 c0", 429},
                    Way{kOverloaded, "a0 b0 c0", 503}, Way{kQuotaExhausted, "a0 a1 b0 c0", 429},
                    Way{kTransient, "a0 a0 b0 b0", 502}, Way{kConnectTimeout, "a0 b0 c0", 504},
                    Way{kFirstTokenTimeout, "a0 b0 c0", 504}, Way{kIdleTimeout, "a0 b0 c0", 504},
                    Way{kTotalTimeout, "a0 b0 c0", 504}, Way{kBadAnswer, "a0 b0 c0", 502},
                    Way{kStreamBroken, "a0 b0 c0", 502}, Way{kClientGone, "a0", 499},
                    Way{kOwnLimit, "a0", 429}),
    [](const auto& info) { return std::string(to_string(info.param.error_class)); });

TEST(Chain, SendsAContextOverflowOnlyToALargerWindow) {
    Bench bench(4);
    bench.route.targets[0].window = 8'000;
    bench.route.targets[1].window = 8'000;
    bench.route.targets[3].window = 32'000;
    EXPECT_EQ(bench.walk(kContextTooLong), "a0 d0");
}

TEST(Chain, PutsTargetsThatAreSurelyTooSmallLast) {
    Bench bench;
    bench.route.targets[0].window = 1'000;
    EXPECT_EQ(bench.walk(kFirstTokenTimeout, {.input_estimate = 2'000}), "b0 c0 a0");
}

TEST(Chain, FallsBackOnContentPolicyWhereTheRouteSaysSo) {
    Bench bench;
    bench.route.content_policy_falls_back = true;
    EXPECT_EQ(bench.walk(kContentPolicy), "a0 b0 c0");
}

TEST(Chain, DoesNotRetryAFailureThatTookLong) {
    Bench bench;
    Chain chain = bench.chain();
    EXPECT_EQ(bench.walk(chain, {.error_class = kTransient, .took = seconds(6)}), "a0 b0 c0");
}

TEST(Chain, DoesNotRetryWithoutABudget) {
    Bench bench;
    bench.lanes.retries_left = 1;
    EXPECT_EQ(bench.walk(kTransient), "a0 a0 b0 c0");
}

TEST(Chain, KeepsPinnedCallsAtTheirProvider) {
    Bench bench;
    bench.route.targets[2].provider = 0;
    EXPECT_EQ(bench.walk(kFirstTokenTimeout, {.is_pinned = true}), "a0 a0");
}

TEST(Chain, NeverChangesTheModelOfEmbeddings) {
    Bench bench;
    bench.route.targets[2].model = bench.route.targets[0].model;
    EXPECT_EQ(bench.walk(kTransient, {.must_keep_model = true}), "a0 a0 c0 c0");
}

TEST(Chain, SkipsTargetsThatCannotServeTheDialect) {
    Bench bench;
    EXPECT_EQ(bench.walk(kFirstTokenTimeout, {.can_serve = 0b101}), "a0 c0");
}

TEST(Chain, StopsAtItsAttempts) {
    Bench bench;
    bench.route.attempts_max = 2;
    EXPECT_EQ(bench.walk(kFirstTokenTimeout), "a0 b0");
}

TEST(Chain, StopsAtItsDeadline) {
    Bench bench;
    Chain chain = bench.chain();
    EXPECT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kAttempt);
    chain.on_failure({.error_class = kFirstTokenTimeout}, bench.lanes, bench.now);
    EXPECT_EQ(chain.next(bench.lanes, bench.now + bench.route.deadline).kind, Kind::kGiveUp);
}

TEST(Chain, WaitsOnceForALimitThatEndsSoonWhenNobodyElseIsLeft) {
    Bench bench(1);
    Chain chain = bench.chain();
    AttemptFailure limited{.error_class = kRateLimit, .retry_after = milliseconds(1'500)};
    Instant before = bench.now;
    EXPECT_EQ(bench.walk(chain, limited), "a0 a0");
    EXPECT_EQ(bench.now - before, milliseconds(1'500));
}

TEST(Chain, DoesNotWaitForALimitThatLastsLonger) {
    Bench bench(1);
    Chain chain = bench.chain();
    EXPECT_EQ(bench.walk(chain, {.error_class = kRateLimit, .retry_after = seconds(30)}), "a0");
    EXPECT_EQ(chain.outcome(bench.now).retry_after, seconds(30));
}

TEST(Chain, DoesNotWaitForALimitWhileSomebodyElseIsLeft) {
    Bench bench(2);
    Chain chain = bench.chain();
    ASSERT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kAttempt);
    chain.on_failure({.error_class = kRateLimit, .retry_after = milliseconds(10)}, bench.lanes, bench.now);
    Step step = chain.next(bench.lanes, bench.now);
    EXPECT_EQ(step.kind, Kind::kAttempt);
    EXPECT_EQ(step.target, 1u);
    EXPECT_EQ(chain.fallback_reason(), "rate_limit");
}

TEST(Chain, AnswersAtOnceAndHonestlyWhenAllBreakersAreOpen) {
    Bench bench(2);
    bench.lanes.refused = {{0, {Refusal::kBreaker, kStart + seconds(9)}},
                           {1, {Refusal::kBreaker, kStart + seconds(4)}}};
    Chain chain = bench.chain();
    EXPECT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kGiveUp);
    const Outcome outcome = chain.outcome(bench.now);
    EXPECT_FALSE(outcome.was_tried);
    EXPECT_EQ(outcome.status, 503);
    EXPECT_EQ(outcome.retry_after, seconds(4));
}

TEST(Chain, TriesAllAsALastResortWhereTheRouteSaysSo) {
    Bench bench(2);
    bench.route.last_resort = LastResort::kTryAll;
    bench.lanes.refused = {{0, {Refusal::kBreaker, kStart + seconds(9)}},
                           {1, {Refusal::kBreaker, kStart + seconds(4)}}};
    EXPECT_EQ(bench.walk(kBadAnswer), "a0 b0");
}

TEST(Chain, SaysThatKeysAreExhaustedWhenAllAreSetAside) {
    Bench bench(1);
    bench.lanes.refused = {{0, {Refusal::kKeySetAside, kStart + seconds(200)}}};
    Chain chain = bench.chain();
    ASSERT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kGiveUp);
    EXPECT_EQ(chain.outcome(bench.now).status, 502);
    EXPECT_EQ(chain.outcome(bench.now).code, "upstream_credentials_exhausted");
}

TEST(Chain, AnswersLikeALimitWhenAllCoolDown) {
    Bench bench(2);
    bench.lanes.refused = {{0, {Refusal::kCooldown, kStart + seconds(9)}},
                           {1, {Refusal::kRateLimit, kStart + seconds(7)}}};
    Chain chain = bench.chain();
    ASSERT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kGiveUp);
    EXPECT_EQ(chain.outcome(bench.now).status, 429);
    EXPECT_EQ(chain.outcome(bench.now).retry_after, seconds(7));
}

TEST(Chain, ShowsTheBrokenProviderRatherThanTheBadKey) {
    Bench bench(2);
    Chain chain = bench.chain();
    ASSERT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kAttempt);
    chain.on_failure({.error_class = kFirstTokenTimeout}, bench.lanes, bench.now);
    ASSERT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kAttempt);
    chain.on_failure({.error_class = kCredential}, bench.lanes, bench.now);
    ASSERT_EQ(chain.next(bench.lanes, bench.now).kind, Kind::kGiveUp);
    EXPECT_EQ(chain.outcome(bench.now).status, 504);
}

TEST(Chain, SpreadsOneTierByWeight) {
    Bench bench(2);
    bench.route.targets[1].tier = 0;
    bench.route.targets[0].weight = 9;
    int first = 0;
    for (uint64_t seed = 0; seed < 10'000; ++seed)
        first += bench.chain({}, seed).order().front() == 0 ? 1 : 0;
    EXPECT_NEAR(first, 9'000, 200);
}

TEST(Chain, UsesATargetOfWeightZeroOnlyAsAFallback) {
    Bench bench(2);
    bench.route.targets[1].tier = 0;
    bench.route.targets[0].weight = 0;
    for (uint64_t seed = 0; seed < 100; ++seed)
        EXPECT_EQ(bench.chain({}, seed).order(), (std::vector<size_t>{1, 0}));
}

TEST(Settings, FindsTheLongestWildcard) {
    Settings settings;
    for (const char* name : {"*", "groq/*", "groq/llama"}) {
        Route route;
        route.name = name;
        settings.routes.push_back(route);
    }
    EXPECT_EQ(settings.find_route("groq/llama")->name, "groq/llama");
    EXPECT_EQ(settings.find_route("groq/other")->name, "groq/*");
    EXPECT_EQ(settings.find_route("gpt")->name, "*");
    Target any;
    any.model = "*";
    EXPECT_EQ(model_at(settings.routes[1], any, "groq/other"), "other");
    EXPECT_EQ(model_at(settings.routes[0], any, "gpt"), "gpt");
}

TEST(Settings, GivesTargetsOfOneProviderAndModelOneLane) {
    Bench bench(2);
    bench.settings.providers[0].keys = {Secret("one"), Secret("two")};
    bench.route.targets.push_back(bench.route.targets[0]);
    bench.number();
    EXPECT_EQ(bench.route.targets[0].lane, 0u);
    EXPECT_EQ(bench.route.targets[1].lane, 2u);
    EXPECT_EQ(bench.route.targets[2].lane, 0u);
    EXPECT_EQ(bench.settings.lanes, 3u);
}

}  // namespace
}  // namespace nightshift::gateway
