#pragma once

#include <array>
#include <cstdint>

namespace nightshift::fleet {

// A sum over the last twelve buckets of `Width` microseconds. The oldest bucket counts in part, so that a
// steady stream shows its true rate. Amounts that are too old are left out; the clock never goes back.
template <int64_t Width>
class SlidingSum {
public:
    static constexpr int64_t kWindow = 12 * Width;

    void add(int64_t at_us, double amount) {
        const int64_t bucket = at_us / Width;
        if (bucket > newest_) move_to(bucket);
        if (bucket <= newest_ - kBuckets) return;
        sums_[static_cast<size_t>(bucket % kBuckets)] += static_cast<float>(amount);
        is_empty_ = false;
    }

    // The sum over the window that ends now.
    double sum(int64_t now_us) const {
        if (is_empty_) return 0;
        const int64_t now_bucket = now_us / Width;
        double total = 0;
        for (int64_t bucket = newest_; bucket > newest_ - kBuckets && bucket >= 0; --bucket) {
            if (bucket <= now_bucket - kBuckets) break;
            total += sums_[static_cast<size_t>(bucket % kBuckets)];
        }
        return total > 0 ? total : 0;  // what was taken back may be of an earlier record
    }

    // Whether sum(now) may be other than zero.
    bool is_active(int64_t now_us) const { return !is_empty_ && newest_ > now_us / Width - kBuckets; }

private:
    friend struct SnapshotAccess;
    static constexpr int64_t kBuckets = 12;

    void move_to(int64_t bucket) {
        const int64_t steps = bucket - newest_ < kBuckets ? bucket - newest_ : kBuckets;
        for (int64_t i = 0; i < steps; ++i) sums_[static_cast<size_t>((bucket - i) % kBuckets)] = 0;
        newest_ = bucket;
    }

    std::array<float, kBuckets> sums_{};
    int64_t newest_ = 0;
    bool is_empty_ = true;
};

// Tokens and errors of the last minute.
using MinuteSum = SlidingSum<5'000'000>;
// Money of the last six minutes: model calls are few, and a shorter window would jump.
using SixMinuteSum = SlidingSum<30'000'000>;

}  // namespace nightshift::fleet
