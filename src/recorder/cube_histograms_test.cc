#include "recorder/cube_histograms.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace nightshift::recorder {
namespace {

using Bucket = Histogram::Bucket;

// A row with counts up to `count_max` in about each `gap`-th bucket.
std::vector<Bucket> random_row(Random& random, uint64_t gap, uint64_t count_max) {
    std::vector<Bucket> row;
    auto bucket = static_cast<int32_t>(random.below(600)) - 300;
    for (uint64_t i = random.below(200); i > 0 && bucket <= Histogram::kBucketMax; --i) {
        row.push_back({bucket, static_cast<uint32_t>(1 + random.below(count_max))});
        bucket += 1 + static_cast<int32_t>(random.below(2 * gap));
    }
    return row;
}

struct Sample {
    CubeHistograms histograms;
    std::vector<std::vector<Bucket>> rows;
    std::vector<Histogram> expected;
};

// Rows of all forms: dense and sparse, with small and with large counts.
Sample random_sample(uint64_t seed) {
    Random random(seed);
    Sample sample;
    for (uint64_t gap : {1, 3, 30}) {
        for (uint64_t count_max : {1, 200, 100000}) {
            for (int i = 0; i < 10; ++i) {
                std::vector<Bucket> row = random_row(random, gap, count_max);
                CubeHistograms::Summary summary{random.below(5), 0, 1'000'000};
                sample.histograms.append(row.data(), row.size(), summary);
                Histogram expected;
                for (const Bucket& each : row) expected.add_bucket(each.bucket, each.count);
                expected.add_zeros(summary.zeros);
                if (expected.count() > 0) expected.extend(0, 1'000'000);
                sample.rows.push_back(row);
                sample.expected.push_back(expected);
            }
        }
    }
    return sample;
}

std::map<int32_t, uint32_t> buckets_of(const Histogram& histogram) {
    std::map<int32_t, uint32_t> found;
    for (size_t i = 0; i < histogram.counts().size(); ++i) {
        if (histogram.counts()[i] > 0)
            found[histogram.first_bucket() + static_cast<int32_t>(i)] = histogram.counts()[i];
    }
    return found;
}

void expect_same(const Histogram& got, const Histogram& expected) {
    EXPECT_EQ(got.count(), expected.count());
    EXPECT_EQ(got.zeros(), expected.zeros());
    EXPECT_EQ(buckets_of(got), buckets_of(expected));
    for (double quantile : {0.0, 0.3, 0.5, 0.99, 1.0})
        EXPECT_EQ(got.percentile(quantile), expected.percentile(quantile));
}

TEST(CubeHistograms, GivesBackEachRowInWhateverFormItIsKept) {
    Sample sample = random_sample(1);
    ASSERT_EQ(sample.histograms.rows(), sample.rows.size());
    std::vector<Bucket> got;
    size_t small = 0;
    for (size_t row = 0; row < sample.rows.size(); ++row) {
        sample.histograms.read(row, got);
        ASSERT_EQ(got.size(), sample.rows[row].size());
        for (size_t i = 0; i < got.size(); ++i) {
            EXPECT_EQ(got[i].bucket, sample.rows[row][i].bucket);
            EXPECT_EQ(got[i].count, sample.rows[row][i].count);
        }
        Histogram sum;
        sample.histograms.add_to(row, sum);
        expect_same(sum, sample.expected[row]);
        int32_t first = 0;
        int32_t last = 0;
        ASSERT_EQ(sample.histograms.range(row, first, last), !got.empty());
        if (!got.empty()) {
            EXPECT_EQ(std::pair(first, last), std::pair(got.front().bucket, got.back().bucket));
        }
        if (!sample.histograms.is_small(row)) continue;
        ++small;
        HistogramCounts<uint8_t> bytes = sample.histograms.small(row);
        std::vector<uint16_t> sums(bytes.size + 5, 1);
        sample.histograms.add_small_to(row, bytes.first - 5, sums.data());
        for (const Bucket& each : got)
            EXPECT_EQ(sums[static_cast<size_t>(each.bucket - bytes.first + 5)], each.count + 1);
        if (bytes.counts == nullptr) continue;
        const std::array<double, 3> quantiles{0.1, 0.5, 0.99};
        std::array<double, 3> values{};
        percentiles_of(bytes, quantiles.data(), quantiles.size(), values.data());
        for (size_t i = 0; i < 3; ++i) EXPECT_EQ(values[i], sample.expected[row].percentile(quantiles[i]));
    }
    EXPECT_GT(small, 20u);
    EXPECT_LT(small, sample.rows.size());
}

TEST(CubeHistograms, AddsRowsUpToARow) {
    Sample sample = random_sample(2);
    CubeHistograms sums;
    Histogram expected;
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < sample.rows.size(); row += 7) {
        rows.push_back(row);
        expected.merge(sample.expected[row]);
    }
    sums.append_sum(sample.histograms, rows);
    sums.append_sum(sample.histograms, {});
    Histogram got;
    sums.add_to(0, got);
    expect_same(got, expected);
    sums.add_to(1, got);
    expect_same(got, expected);
}

// As a file may hold it that someone else wrote.
TEST(CubeHistograms, AddsABucketUpThatComesTwice) {
    CubeHistograms histograms;
    const std::vector<Bucket> row{{3, 200}, {3, 200}, {4, 0}, {5, UINT32_MAX}, {5, 7}};
    histograms.append(row.data(), row.size(), {});
    std::vector<Bucket> got;
    histograms.read(0, got);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].count, 400u);
    EXPECT_EQ(got[1].count, UINT32_MAX);
}

}  // namespace
}  // namespace nightshift::recorder
