#include "fleet/rhythm.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace nightshift::fleet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;

TEST(GapHistogram, BoundsTheQuantileFromAboveWithinOneStep) {
    GapHistogram gaps;
    for (int i = 1; i <= 1000; ++i) gaps.add(i * 10'000ll);  // 10 ms to 10 s
    const int64_t p99 = gaps.quantile_us(0.99);
    EXPECT_GE(p99, 9'900'000);
    EXPECT_LE(p99, 9'900'000 * 1.5);
    const int64_t p50 = gaps.quantile_us(0.5);
    EXPECT_GE(p50, 5'000'000);
    EXPECT_LE(p50, 5'000'000 * 1.5);
}

TEST(GapHistogram, HoldsTheExtremes) {
    GapHistogram gaps;
    gaps.add(-5);
    gaps.add(0);
    gaps.add(INT64_MAX);
    EXPECT_EQ(gaps.count(), 3u);
    EXPECT_GT(gaps.quantile_us(1.0), 24 * 60 * kMinute);
    EXPECT_EQ(GapHistogram().quantile_us(0.99), 0);
}

TEST(GapHistogram, LearnsAChangedHabit) {
    GapHistogram gaps;
    for (int i = 0; i < 5000; ++i) gaps.add(kMinute);
    for (int i = 0; i < 20'000; ++i) gaps.add(kSecond);
    EXPECT_LE(gaps.quantile_us(0.99), 2 * kSecond);
    EXPECT_LE(gaps.average_us(), 2 * kSecond);
}

TEST(Rhythm, SaysNothingWithTooLittleHistory) {
    Rhythm rhythm;
    for (int i = 0; i < 7; ++i) rhythm.add(kSecond, 0, true);
    EXPECT_FALSE(rhythm.judge(true, {}));
    rhythm.add(kSecond, 0, true);
    EXPECT_TRUE(rhythm.judge(true, {}));
    EXPECT_FALSE(rhythm.judge(false, {})) << "habits at work say nothing about rest";
}

TEST(Rhythm, JudgesAnAgentByItsOwnHabit) {
    Rhythm fast;
    Rhythm slow;
    for (int i = 0; i < 200; ++i) {
        fast.add(4 * kSecond, 0, false);
        slow.add(30 * kMinute, 0, false);
    }
    const auto quick = fast.judge(false, {});
    const auto calm = slow.judge(false, {});
    ASSERT_TRUE(quick && calm);
    EXPECT_EQ(quick->late_after_us, 15 * kMinute) << "the floor holds";
    EXPECT_EQ(calm->usual_gap_us, 30 * kMinute);
    EXPECT_GE(calm->late_after_us, 90 * kMinute);
    EXPECT_LE(calm->late_after_us, 150 * kMinute);
}

TEST(Rhythm, AllowsForTheTimeAnExporterGathers) {
    Rhythm rhythm;
    for (int i = 0; i < 50; ++i) rhythm.add(kSecond, i % 10 == 0 ? 45 * kSecond : kSecond, true);
    const auto judged = rhythm.judge(true, {});
    ASSERT_TRUE(judged);
    EXPECT_GE(judged->late_after_us, kMinute + 35 * kSecond);
}

TEST(Rhythm, NeverCallsARegularAgentLate) {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        Random random(seed);
        Rhythm rhythm;
        const double mean = 1e6 * (1 + random.uniform() * 600);
        int late = 0;
        for (int i = 0; i < 400; ++i) {
            const auto gap = static_cast<int64_t>(mean * (0.5 + random.uniform()));
            const auto judged = rhythm.judge(true, {});
            if (judged && gap > judged->late_after_us) ++late;
            rhythm.add(gap, 0, true);
        }
        EXPECT_EQ(late, 0) << "seed " << seed;
    }
}

}  // namespace
}  // namespace nightshift::fleet
