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

}  // namespace
}  // namespace nightshift
