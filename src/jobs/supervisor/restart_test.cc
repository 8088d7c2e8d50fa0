#include "jobs/supervisor/restart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace nightshift::jobs {
namespace {

using Action = RestartDecision::Action;
using testing::HasSubstr;

const Time kNow = from_unix_ms(1'700'000'000'000);

Life life(seconds ended_ago, seconds length) {
    return {.started = kNow - ended_ago - length, .ended = kNow - ended_ago, .how = "exit code 1"};
}

// Short lives, the newest of which has just ended.
std::vector<Life> short_lives(size_t count) {
    std::vector<Life> lives;
    for (size_t i = 0; i < count; ++i) {
        lives.push_back(life(seconds(static_cast<int64_t>(i) * 400), seconds(1)));
    }
    return lives;
}

TEST(Restart, StartsAtOnceWhenThereWasNoLife) {
    EXPECT_EQ(decide_restart({}, {}, kNow, 0.5).action, Action::kStart);
}

TEST(Restart, WaitsTwiceAsLongAfterEachShortLifeUpToTheMaximum) {
    RestartPolicy policy;
    policy.short_lives_max = 100;
    const std::vector<int64_t> expected = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    for (size_t count = 1; count <= expected.size(); ++count) {
        auto decision = decide_restart(policy, short_lives(count), kNow, 0);
        EXPECT_EQ(decision.action, Action::kWait);
        EXPECT_EQ(decision.at - kNow, seconds(expected[count - 1])) << count;
    }
    EXPECT_EQ(decide_restart(policy, short_lives(90), kNow, 0).at - kNow, seconds(300));
}

TEST(Restart, JitterOnlyShortensByAQuarterAtMost) {
    Random random(7);
    for (int i = 0; i < 1000; ++i) {
        auto count = static_cast<size_t>(1 + random.below(9));
        auto full = decide_restart({}, short_lives(count), kNow, 0).at - kNow;
        auto wait = decide_restart({}, short_lives(count), kNow, random.uniform()).at - kNow;
        EXPECT_LE(wait, full);
        EXPECT_GE(wait, full * 3 / 4);
    }
}

TEST(Restart, StartsWhenTheWaitIsOver) {
    auto lives = short_lives(3);
    auto at = decide_restart({}, lives, kNow, 0.3).at;
    EXPECT_EQ(decide_restart({}, lives, at - microseconds(1), 0.3).action, Action::kWait);
    auto decision = decide_restart({}, lives, at, 0.3);
    EXPECT_EQ(decision.action, Action::kStart);
    EXPECT_THAT(decision.why, HasSubstr("exit code 1"));
}

TEST(Restart, GivesUpAfterTooManyShortLivesAndSaysWhy) {
    EXPECT_EQ(decide_restart({}, short_lives(9), kNow, 0).action, Action::kWait);
    auto decision = decide_restart({}, short_lives(10), kNow, 0);
    EXPECT_EQ(decision.action, Action::kGiveUp);
    EXPECT_THAT(decision.why, HasSubstr("10 starts in a row"));
    EXPECT_THAT(decision.why, HasSubstr("exit code 1"));
    // Time alone does not bring it back.
    EXPECT_EQ(decide_restart({}, short_lives(10), kNow + std::chrono::hours(24), 0).action, Action::kGiveUp);
}

TEST(Restart, StartsOverAfterAHealthyLife) {
    auto lives = short_lives(12);
    lives.insert(lives.begin(), life(seconds(0), seconds(3600)));
    EXPECT_EQ(count_short_lives({}, lives), 0u);
    auto decision = decide_restart({}, lives, kNow, 0);
    EXPECT_EQ(decision.action, Action::kWait);
    EXPECT_EQ(decision.at - kNow, seconds(1));
}

TEST(Restart, CountsLongLifeThatWasNeverReadyAsShort) {
    auto lives = short_lives(4);
    lives.insert(lives.begin(), life(seconds(0), seconds(3600)));
    lives.front().was_ready = false;
    EXPECT_EQ(count_short_lives({}, lives), 5u);
}

TEST(Restart, HoldsToThePolicyWhenItMayNotRestart) {
    RestartPolicy policy;
    auto lives = short_lives(1);
    lives.front().succeeded = true;
    for (auto [when, action] : {std::pair(RestartPolicy::When::kAlways, Action::kWait),
                                std::pair(RestartPolicy::When::kOnFailure, Action::kFinish),
                                std::pair(RestartPolicy::When::kNever, Action::kFinish)}) {
        policy.when = when;
        EXPECT_EQ(decide_restart(policy, lives, kNow, 0).action, action);
    }
    lives.front().succeeded = false;
    policy.when = RestartPolicy::When::kOnFailure;
    EXPECT_EQ(decide_restart(policy, lives, kNow, 0).action, Action::kWait);
}

TEST(Restart, WaitsNoLongerWhenTheClockWasSetBack) {
    auto lives = short_lives(9);
    auto decision = decide_restart({}, lives, kNow - std::chrono::hours(5), 0);
    EXPECT_EQ(decision.action, Action::kWait);
    EXPECT_LE(decision.at - (kNow - std::chrono::hours(5)), seconds(300));
}

// An agent that dies at once, and one that dies now and then, over simulated days.
TEST(Restart, NeverStartsFasterThanTheBackoffAllowsOverManySeeds) {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        Random random(seed);
        RestartPolicy policy;
        policy.short_lives_max = 1000;
        std::vector<Life> lives;
        Time now = kNow;
        size_t starts = 0;
        Time end = kNow + std::chrono::hours(24);
        while (now < end) {
            auto decision = decide_restart(policy, lives, now, random.uniform());
            if (decision.action == Action::kWait) {
                ASSERT_GT(decision.at, now) << "seed " << seed;
                ASSERT_LE(decision.at - now, policy.backoff_max) << "seed " << seed;
                now = decision.at;
                // The jitter of a start is fixed; here it changes, so the wait may be a little longer.
                continue;
            }
            ASSERT_EQ(decision.action, Action::kStart);
            ++starts;
            auto length = milliseconds(random.below(59'000));
            lives.insert(lives.begin(), {.started = now, .ended = now + length, .how = "x"});
            now += length;
        }
        // 225 s at least between two starts, once the backoff has grown.
        EXPECT_LE(starts, 10 + 24 * 3600 / 225u) << "seed " << seed;
        EXPECT_GE(starts, 10u);
    }
}

TEST(Restart, DescribesHowALifeEnded) {
    Execution execution;
    execution.exit_code = 3;
    EXPECT_EQ(describe_end(execution), "exit code 3");
    execution.exit_code.reset();
    execution.signal = 9;
    EXPECT_EQ(describe_end(execution), "killed by signal 9");
    execution.error = "no such program";
    EXPECT_EQ(describe_end(execution), "no such program");
    execution.lost = true;
    EXPECT_THAT(describe_end(execution), HasSubstr("lost"));
}

}  // namespace
}  // namespace nightshift::jobs
