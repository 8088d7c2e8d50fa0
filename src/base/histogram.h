#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nightshift {

// A base-2 exponential histogram at scale 5: bucket i counts values in (2^(i/32), 2^((i+1)/32)], so a
// percentile is within 1.1 % of the true value. Merging is exact, in any order. The same buckets as
// OpenTelemetry's exponential histogram of that scale. Count, minimum and maximum are exact; a bucket stops
// at 2^32 - 1.
class Histogram {
public:
    static constexpr int32_t kBucketMin = -64 * 32;
    static constexpr int32_t kBucketMax = 64 * 32 - 1;

    // The bucket of a value above 0; values out of range belong to the first or the last one.
    static int32_t bucket_of(double value);
    // The value a bucket ends at (and includes).
    static double upper_bound(int32_t bucket);

    // Values of 0 and less are counted apart, below all buckets; not-a-number is ignored.
    void add(double value);
    // `count` values of a bucket; the extremes are set with extend().
    void add_bucket(int32_t bucket, uint64_t count);
    struct Bucket {
        int32_t bucket;
        uint32_t count;
    };
    // Many at once, in ascending order.
    void add_buckets(const Bucket* buckets, size_t count);
    // counts[i] values of bucket first + i, `total` in all.
    void add_counts(int32_t first, const uint8_t* counts, size_t size, uint64_t total);
    void add_counts(int32_t first, const uint32_t* counts, size_t size, uint64_t total);
    // Makes room for these buckets at once.
    void cover(int32_t first, int32_t last);
    void add_zeros(uint64_t count) {
        zeros_ += count;
        count_ += count;
    }
    // Takes a known minimum and maximum of added buckets into account.
    void extend(double min, double max);
    void merge(const Histogram& other);
    // Forgets all but its memory.
    void clear();

    uint64_t count() const { return count_; }
    uint64_t zeros() const { return zeros_; }
    double min() const { return min_; }
    double max() const { return max_; }
    // The value below which the share `quantile` (0 to 1) of all lie; 0 when there are none.
    double percentile(double quantile) const;
    // Several at once, in ascending order.
    void percentiles(const double* quantiles, size_t count, double* values) const;

    // Bucket first_bucket() + i holds counts()[i].
    int32_t first_bucket() const { return first_; }
    const std::vector<uint32_t>& counts() const { return counts_; }
    size_t bytes() const { return counts_.capacity() * sizeof(uint32_t); }

private:
    uint32_t& slot(int32_t bucket);
    template <class Count>
    void add_all(int32_t first, const Count* counts, size_t size, uint64_t total);

    std::vector<uint32_t> counts_;
    int32_t first_ = 0;
    uint64_t zeros_ = 0;
    uint64_t count_ = 0;
    double min_ = 0;
    double max_ = 0;
    bool has_extremes_ = false;
};

// The counts of a histogram wherever they lie, of 8, 16 or 32 bits.
template <class Count>
struct HistogramCounts {
    const Count* counts = nullptr;
    size_t size = 0;
    int32_t first = 0;  // bucket of counts[0]
    uint64_t zeros = 0;
    uint64_t count = 0;  // with zeros
    double min = 0;
    double max = 0;
};
// As Histogram::percentiles says.
template <class Count>
void percentiles_of(const HistogramCounts<Count>& from, const double* quantiles, size_t count,
                    double* values);

}  // namespace nightshift
