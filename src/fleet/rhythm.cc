#include "fleet/rhythm.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace nightshift::fleet {

namespace {

constexpr uint32_t kFadeAt = 2048;  // then every count is halved
constexpr double kAverageWeight = 0.1;
constexpr double kLagFade = 0.98;
constexpr int64_t kLagMax = 5 * 60'000'000ll;

// Two buckets an octave: the exponent, and whether the value is past the square root of two in it.
size_t bucket_of(int64_t gap_us) {
    const uint64_t ms = static_cast<uint64_t>(std::max<int64_t>(gap_us, 0)) / 1000;
    if (ms == 0) return 0;
    const auto exponent = static_cast<uint32_t>(std::bit_width(ms) - 1);
    const double start = static_cast<double>(uint64_t{1} << exponent);
    const size_t half = static_cast<double>(ms) >= start * 1.4142135623730951 ? 1 : 0;
    return std::min<size_t>(exponent * 2 + half + 1, GapHistogram::kBuckets - 1);
}

int64_t upper_edge_us(size_t bucket) {
    return static_cast<int64_t>(1000.0 * std::pow(2.0, static_cast<double>(bucket) / 2));
}

}  // namespace

void GapHistogram::add(int64_t gap_us) {
    gap_us = std::max<int64_t>(gap_us, 0);
    if (count_ >= kFadeAt) {
        count_ = 0;
        for (uint16_t& bucket : buckets_) {
            bucket /= 2;
            count_ += bucket;
        }
    }
    ++buckets_[bucket_of(gap_us)];
    ++count_;
    const double weight = std::max(kAverageWeight, 1.0 / count_);
    average_us_ += weight * (static_cast<double>(gap_us) - average_us_);
}

int64_t GapHistogram::quantile_us(double q) const {
    if (count_ == 0) return 0;
    const double wanted = q * count_;
    double seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
        seen += buckets_[i];
        if (seen >= wanted && buckets_[i] > 0) return upper_edge_us(i);
    }
    return upper_edge_us(kBuckets - 1);
}

void Rhythm::add(int64_t gap_us, int64_t lag_us, bool was_busy) {
    (was_busy ? busy_ : idle_).add(gap_us);
    lag_us_ = std::max(lag_us_ * kLagFade, static_cast<double>(std::clamp<int64_t>(lag_us, 0, kLagMax)));
}

std::optional<Rhythm::Judgement> Rhythm::judge(bool is_busy, const RhythmOptions& options) const {
    const GapHistogram& seen = gaps(is_busy);
    if (seen.count() < options.history_min) return std::nullopt;
    const int64_t usual = seen.average_us();
    const int64_t slowest = std::max(seen.quantile_us(0.99), usual);
    const int64_t floor = is_busy ? options.busy_late_min_us : options.idle_late_min_us;
    const auto patient = static_cast<int64_t>(options.patience * static_cast<double>(slowest));
    return Judgement{usual, std::clamp(patient, floor, options.late_max_us) + lag_us()};
}

}  // namespace nightshift::fleet
