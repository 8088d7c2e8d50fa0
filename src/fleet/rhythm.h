#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace nightshift::fleet {

// How long things usually take or how far apart they are: a histogram with steps of the square root of two
// from 1 ms to three days, and an average that forgets. Old values fade, so a changed habit is learned. 130
// bytes.
class GapHistogram {
public:
    static constexpr size_t kBuckets = 56;

    void add(int64_t gap_us);

    // Values seen, faded.
    uint32_t count() const { return count_; }
    int64_t average_us() const { return static_cast<int64_t>(average_us_); }
    // The upper edge of the bucket that holds the quantile; 0 when empty.
    int64_t quantile_us(double q) const;

private:
    friend struct SnapshotAccess;
    std::array<uint16_t, kBuckets> buckets_{};
    uint32_t count_ = 0;
    double average_us_ = 0;
};

struct RhythmOptions {
    uint32_t history_min = 8;                      // fewer gaps than this prove nothing
    double patience = 3;                           // late is so many times the p99
    int64_t busy_late_min_us = 60'000'000;         // nobody is late before this,
    int64_t idle_late_min_us = 15 * 60'000'000ll;  // nor this when at rest
    int64_t late_max_us = 7 * 24 * 3600'000'000ll;
};

// What an agent's silence means, measured by its own habits, apart for times at work and at rest.
class Rhythm {
public:
    // `gap_us` passed between two events; `lag_us` is how long the newer one travelled to us.
    void add(int64_t gap_us, int64_t lag_us, bool was_busy);

    struct Judgement {
        int64_t usual_gap_us = 0;
        int64_t late_after_us = 0;
    };
    // Nothing while the history is too short.
    std::optional<Judgement> judge(bool is_busy, const RhythmOptions& options) const;

    const GapHistogram& gaps(bool busy) const { return busy ? busy_ : idle_; }
    // How long events travel to us at most, of late.
    int64_t lag_us() const { return static_cast<int64_t>(lag_us_); }

private:
    friend struct SnapshotAccess;

    GapHistogram busy_;
    GapHistogram idle_;
    double lag_us_ = 0;  // a high-water mark that fades: exporters gather for seconds before they send
};

}  // namespace nightshift::fleet
