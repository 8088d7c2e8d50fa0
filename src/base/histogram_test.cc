#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace nightshift {
namespace {

TEST(Histogram, PutsEachBoundIntoTheBucketItEnds) {
    for (int32_t bucket = -200; bucket < 1500; ++bucket) {
        double bound = std::exp2((bucket + 1) / 32.0);
        // std::exp2 may be an ulp off the correctly rounded bound for odd 32nds.
        EXPECT_EQ(Histogram::bucket_of(bound * (1 - 1e-12)), bucket);
        EXPECT_EQ(Histogram::bucket_of(bound * (1 + 1e-12)), bucket + 1);
    }
    EXPECT_EQ(Histogram::bucket_of(1), -1);
    EXPECT_EQ(Histogram::bucket_of(2), 31);
    EXPECT_EQ(Histogram::bucket_of(1024), 319);
}

TEST(Histogram, AgreesWithTheLogarithmForRandomValues) {
    Random random(7);
    for (int i = 0; i < 200000; ++i) {
        double value = std::exp2(random.uniform() * 60 - 20);
        auto expected = static_cast<int32_t>(std::ceil(std::log2(value) * 32)) - 1;
        ASSERT_EQ(Histogram::bucket_of(value), expected) << value;
    }
}

TEST(Histogram, PercentilesAreWithinTheErrorOfTheScale) {
    Random random(3);
    Histogram histogram;
    std::vector<double> values;
    for (int i = 0; i < 20000; ++i) {
        double value = std::floor(std::exp(random.uniform() * 12));
        values.push_back(value);
        histogram.add(value);
    }
    std::sort(values.begin(), values.end());
    for (double quantile : {0.0, 0.01, 0.5, 0.95, 0.99, 0.999, 1.0}) {
        double exact = values[static_cast<size_t>(std::lround(quantile * (values.size() - 1)))];
        EXPECT_NEAR(histogram.percentile(quantile), exact, exact * 0.03) << quantile;
    }
    EXPECT_EQ(histogram.percentile(0), values.front());
    EXPECT_EQ(histogram.percentile(1), values.back());
}

TEST(Histogram, MergesToTheSameAsAddingEverything) {
    Random random(11);
    Histogram whole, left, right;
    for (int i = 0; i < 5000; ++i) {
        double value = random.uniform() < 0.1 ? 0 : std::exp2(random.uniform() * 40);
        whole.add(value);
        (i % 3 == 0 ? left : right).add(value);
    }
    left.merge(right);
    EXPECT_EQ(left.count(), whole.count());
    for (double quantile : {0.05, 0.5, 0.9, 0.99}) {
        EXPECT_DOUBLE_EQ(left.percentile(quantile), whole.percentile(quantile));
    }
}

TEST(Histogram, SurvivesAnyDouble) {
    Histogram histogram;
    for (double value : {0.0, -5.0, 1e-300, 1e300, std::numeric_limits<double>::infinity(),
                         std::numeric_limits<double>::denorm_min(), std::nan("")}) {
        histogram.add(value);
    }
    EXPECT_EQ(histogram.count(), 6u);
    EXPECT_LE(histogram.bytes(), 64u << 10);
    EXPECT_EQ(histogram.percentile(0), -5);
}

TEST(Histogram, IsZeroWhenEmpty) {
    EXPECT_EQ(Histogram().percentile(0.5), 0);
}

TEST(Histogram, AddsManyCountsLikeOneByOne) {
    Random random(5);
    Histogram one_by_one;
    Histogram at_once;
    for (int32_t first : {-20, 40, -70}) {
        std::vector<uint8_t> bytes;
        std::vector<uint32_t> words;
        uint64_t total = 0;
        for (int32_t i = 0; i < 90; ++i) {
            bytes.push_back(static_cast<uint8_t>(random.below(256)));
            words.push_back(UINT32_MAX - static_cast<uint32_t>(random.below(3)));
            total += words.back();
            one_by_one.add_bucket(first + i, bytes.back());
            one_by_one.add_bucket(first + i, words.back());
        }
        uint64_t small = 0;
        for (uint8_t each : bytes) small += each;
        at_once.add_counts(first, bytes.data(), bytes.size(), small);
        at_once.add_counts(first, words.data(), words.size(), total);
    }
    EXPECT_EQ(at_once.count(), one_by_one.count());
    for (double quantile : {0.0, 0.2, 0.5, 0.9, 1.0})
        EXPECT_EQ(at_once.percentile(quantile), one_by_one.percentile(quantile));
}

TEST(Histogram, GivesSeveralPercentilesLikeOneByOne) {
    Random random(9);
    Histogram histogram;
    for (int round = 0; round < 50; ++round) {
        histogram.clear();
        for (uint64_t i = random.below(300); i > 0; --i)
            histogram.add(random.below(10) == 0 ? 0 : std::exp2(random.uniform() * 20 - 5));
        const std::vector<double> quantiles{0, 0.01, 0.5, 0.5, 0.95, 0.99, 1};
        std::vector<double> values(quantiles.size());
        histogram.percentiles(quantiles.data(), quantiles.size(), values.data());
        for (size_t i = 0; i < quantiles.size(); ++i)
            EXPECT_EQ(values[i], histogram.percentile(quantiles[i]));
    }
}

}  // namespace
}  // namespace nightshift
