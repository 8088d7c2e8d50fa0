#include "base/histogram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/assert.h"

namespace nightshift {
namespace {

constexpr int kPerOctave = 32;

// The fraction bits of 2^(k/32).
constexpr std::array<uint64_t, 33> kBounds = {
    0x0000000000000ull, 0x059B0D3158574ull, 0x0B5586CF9890Full,  0x11301D0125B51ull, 0x172B83C7D517Bull,
    0x1D4873168B9AAull, 0x2387A6E756238ull, 0x29E9DF51FDEE1ull,  0x306FE0A31B715ull, 0x371A7373AA9CBull,
    0x3DEA64C123422ull, 0x44E086061892Dull, 0x4BFDAD5362A27ull,  0x5342B569D4F82ull, 0x5AB07DD485429ull,
    0x6247EB03A5585ull, 0x6A09E667F3BCDull, 0x71F75E8EC5F74ull,  0x7A11473EB0187ull, 0x82589994CCE13ull,
    0x8ACE5422AA0DBull, 0x93737B0CDC5E5ull, 0x9C49182A3F090ull,  0xA5503B23E255Dull, 0xAE89F995AD3ADull,
    0xB7F76F2FB5E47ull, 0xC199BDD85529Cull, 0xCB720DCEF9069ull,  0xD5818DCFBA487ull, 0xDFC97337B9B5Full,
    0xEA4AFA2A490DAull, 0xF50765B6E4540ull, 0x10000000000000ull,
};

// For the first 8 fraction bits: how many bounds (but the first) lie below all values that start so. Cells
// are narrower than the distance of two bounds, so one comparison tells the rest.
constexpr std::array<uint8_t, 256> kCells = [] {
    std::array<uint8_t, 256> cells{};
    for (uint64_t cell = 0; cell < 256; ++cell) {
        uint8_t below = 0;
        while (kBounds[below + 1u] < (cell << 44)) ++below;
        cells[cell] = below;
    }
    return cells;
}();

constexpr size_t kStride = 16;

uint64_t sum_of_stride(const uint32_t* counts) {
    uint64_t sum = 0;
    for (size_t i = 0; i < kStride; ++i) sum += counts[i];
    return sum;
}

// Eight bytes at a time: pairs into 16 bits, then all of those by one multiplication.
uint64_t sum_of_stride(const uint8_t* counts) {
    constexpr uint64_t kEven = 0x00FF00FF00FF00FFull;
    uint64_t pairs = 0;
    for (size_t i = 0; i < kStride; i += 8) {
        uint64_t eight = 0;
        std::memcpy(&eight, counts + i, sizeof eight);
        pairs += (eight & kEven) + (eight >> 8 & kEven);
    }
    return pairs * 0x0001000100010001ull >> 48;
}

// Four at a time, likewise.
uint64_t sum_of_stride(const uint16_t* counts) {
    constexpr uint64_t kEven = 0x0000FFFF0000FFFFull;
    uint64_t pairs = 0;
    for (size_t i = 0; i < kStride; i += 4) {
        uint64_t four = 0;
        std::memcpy(&four, counts + i, sizeof four);
        pairs += (four & kEven) + (four >> 16 & kEven);
    }
    return (pairs & UINT32_MAX) + (pairs >> 32);
}

}  // namespace

int32_t Histogram::bucket_of(double value) {
    auto bits = std::bit_cast<uint64_t>(value);
    auto exponent = static_cast<int32_t>(bits >> 52 & 0x7FF) - 1023;
    uint64_t fraction = bits & 0xFFFFFFFFFFFFFull;
    if (exponent < -64) return kBucketMin;
    if (exponent >= 64) return kBucketMax;
    int32_t bucket = exponent * kPerOctave;
    if (fraction == 0) return std::max(bucket - 1, kBucketMin);
    uint32_t below = kCells[fraction >> 44];
    return bucket + static_cast<int32_t>(below + (fraction > kBounds[below + 1] ? 1 : 0));
}

double Histogram::upper_bound(int32_t bucket) {
    return std::exp2((bucket + 1) / static_cast<double>(kPerOctave));
}

uint32_t& Histogram::slot(int32_t bucket) {
    if (counts_.empty()) {
        first_ = bucket;
        counts_.resize(1);
    } else if (bucket < first_) {
        // Some room in front, so that falling values do not move everything each time.
        int32_t room = std::min<int32_t>(bucket - kBucketMin, 16);
        counts_.insert(counts_.begin(), static_cast<size_t>(first_ - bucket + room), 0u);
        first_ = bucket - room;
    } else if (static_cast<size_t>(bucket - first_) >= counts_.size()) {
        counts_.resize(static_cast<size_t>(bucket - first_) + 1);
    }
    return counts_[static_cast<size_t>(bucket - first_)];
}

void Histogram::add(double value) {
    if (std::isnan(value)) return;
    extend(value, value);
    ++count_;
    if (value <= 0) {
        ++zeros_;
        return;
    }
    uint32_t& count = slot(bucket_of(value));
    if (count != UINT32_MAX) ++count;
}

void Histogram::add_bucket(int32_t bucket, uint64_t count) {
    if (count == 0) return;
    uint32_t& to = slot(std::clamp(bucket, kBucketMin, kBucketMax));
    to = static_cast<uint32_t>(std::min<uint64_t>(to + count, UINT32_MAX));
    count_ += count;
}

void Histogram::add_buckets(const Bucket* buckets, size_t count) {
    if (count == 0) return;
    NS_ASSERT(buckets[0].bucket >= kBucketMin && buckets[count - 1].bucket <= kBucketMax);
    slot(buckets[0].bucket);
    slot(buckets[count - 1].bucket);
    for (size_t i = 0; i < count; ++i) {
        uint32_t& to = counts_[static_cast<size_t>(buckets[i].bucket - first_)];
        uint32_t sum = to + buckets[i].count;
        to = sum < to ? UINT32_MAX : sum;
        count_ += buckets[i].count;
    }
}

void Histogram::cover(int32_t first, int32_t last) {
    NS_ASSERT(first >= kBucketMin && first <= last && last <= kBucketMax);
    slot(first);
    slot(last);
}

template <class Count>
void Histogram::add_all(int32_t first, const Count* counts, size_t size, uint64_t total) {
    if (size == 0) return;
    cover(first, first + static_cast<int32_t>(size) - 1);
    uint32_t* __restrict to = &counts_[static_cast<size_t>(first - first_)];
    count_ += total;
    if (count_ <= UINT32_MAX) {  // then no bucket can overflow
        for (size_t i = 0; i < size; ++i) to[i] += counts[i];
        return;
    }
    for (size_t i = 0; i < size; ++i) {
        to[i] = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{to[i]} + counts[i], UINT32_MAX));
    }
}

void Histogram::add_counts(int32_t first, const uint8_t* counts, size_t size, uint64_t total) {
    add_all(first, counts, size, total);
}

void Histogram::add_counts(int32_t first, const uint32_t* counts, size_t size, uint64_t total) {
    add_all(first, counts, size, total);
}

void Histogram::clear() {
    std::vector<uint32_t> memory = std::move(counts_);
    memory.clear();
    *this = Histogram();
    counts_ = std::move(memory);
}

void Histogram::extend(double min, double max) {
    min_ = has_extremes_ ? std::min(min_, min) : min;
    max_ = has_extremes_ ? std::max(max_, max) : max;
    has_extremes_ = true;
}

void Histogram::merge(const Histogram& other) {
    if (other.count_ == 0) return;
    if (!other.counts_.empty()) {
        slot(other.first_);
        slot(other.first_ + static_cast<int32_t>(other.counts_.size()) - 1);
        uint32_t* to = &counts_[static_cast<size_t>(other.first_ - first_)];
        for (size_t i = 0; i < other.counts_.size(); ++i) {
            to[i] = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{to[i]} + other.counts_[i], UINT32_MAX));
        }
    }
    zeros_ += other.zeros_;
    count_ += other.count_;
    if (other.has_extremes_) extend(other.min_, other.max_);
}

double Histogram::percentile(double quantile) const {
    double value = 0;
    percentiles(&quantile, 1, &value);
    return value;
}

void Histogram::percentiles(const double* quantiles, size_t count, double* values) const {
    double min = has_extremes_ ? min_ : -std::numeric_limits<double>::infinity();
    double max = has_extremes_ ? max_ : std::numeric_limits<double>::infinity();
    HistogramCounts<uint32_t> from{counts_.data(), counts_.size(), first_, zeros_, count_, min, max};
    percentiles_of(from, quantiles, count, values);
}

template <class Count>
void percentiles_of(const HistogramCounts<Count>& from, const double* quantiles, size_t count,
                    double* values) {
    uint64_t seen = from.zeros;  // below bucket `start`
    size_t start = 0;
    for (size_t k = 0; k < count; ++k) {
        values[k] = 0;
        if (from.count == 0) continue;
        double rank = std::clamp(quantiles[k], 0.0, 1.0) * static_cast<double>(from.count - 1);
        auto whole_rank = static_cast<uint64_t>(rank);
        if (whole_rank < from.zeros) {
            values[k] = std::clamp(std::min(from.min, 0.0), from.min, from.max);
            continue;
        }
        for (; start + kStride <= from.size; start += kStride) {
            uint64_t sum = sum_of_stride(from.counts + start);
            if (whole_rank < seen + sum) break;
            seen += sum;
        }
        uint64_t below = seen;
        size_t i = start;
        for (; i < from.size && whole_rank >= below + from.counts[i]; ++i) below += from.counts[i];
        double value = from.max;
        if (i < from.size) {
            double share = (rank - static_cast<double>(below) + 0.5) / from.counts[i];
            value = std::exp2((from.first + static_cast<int32_t>(i) + std::min(share, 1.0)) / kPerOctave);
        }
        values[k] = std::clamp(value, from.min, from.max);
    }
}

template void percentiles_of<uint8_t>(const HistogramCounts<uint8_t>&, const double*, size_t, double*);
template void percentiles_of<uint16_t>(const HistogramCounts<uint16_t>&, const double*, size_t, double*);
template void percentiles_of<uint32_t>(const HistogramCounts<uint32_t>&, const double*, size_t, double*);

}  // namespace nightshift
