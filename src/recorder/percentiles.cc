#include "recorder/percentiles.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace nightshift::recorder {
namespace {

// With so many places a group, it is better to take them in the order they lie in memory.
constexpr size_t kPlacesPerGroup = 16;
// So many bytes add up to 16 bits.
constexpr uint32_t kSmallMax = 256;

}  // namespace

void Percentiles::want(double quantile) {
    auto at = std::lower_bound(quantiles_.begin(), quantiles_.end(), quantile);
    if (at == quantiles_.end() || *at != quantile) quantiles_.insert(at, quantile);
    values_.resize(quantiles_.size());
}

void Percentiles::grow(size_t group_count) {
    if (histograms_.size() < group_count) histograms_.resize(group_count);
    group_count_ = std::max(group_count_, group_count);
}

void Percentiles::add_cube(const std::shared_ptr<const Cube>& cube, const std::vector<uint16_t>& rows,
                           const std::vector<uint32_t>& groups, size_t group_count) {
    group_count_ = std::max(group_count_, group_count);
    bool is_duration = column_.number == Number::kDuration;
    const auto& counts = cube->measure(is_duration ? Measure::kDurationCount : Measure::kTtftCount);
    auto number = static_cast<uint32_t>(cubes_.size());
    size_t before = places_.size();
    size_t at = before;
    places_.resize(before + rows.size());
    groups_.resize(before + rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
        places_[at] = {number, rows[i]};
        groups_[at] = groups[i];
        at += counts[rows[i]] != 0 ? 1 : 0;
    }
    places_.resize(at);
    groups_.resize(at);
    if (at == before) return;
    cubes_.push_back(cube);
    sources_.push_back(is_duration ? &cube->duration : &cube->ttft);
    held_bytes_ += cube->bytes();
    if (held_bytes_ > held_bytes_max_) add_up();
}

// By group, so that each group's are together.
void Percentiles::sort_places() {
    starts_.assign(group_count_ + 1, 0);
    for (uint32_t group : groups_) ++starts_[group + 1];
    for (size_t group = 0; group < group_count_; ++group) starts_[group + 1] += starts_[group];
    std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
    std::vector<Place> sorted(places_.size());
    for (size_t i = 0; i < places_.size(); ++i) sorted[next[groups_[i]]++] = places_[i];
    places_ = std::move(sorted);
    groups_ = {};
}

// Places soon to be read.
void Percentiles::prefetch(uint32_t at) const {
    constexpr uint32_t kAhead = 8;
    if (at + 2 * kAhead >= places_.size()) return;
    const Place& later = places_[at + 2 * kAhead];
    sources_[later.cube]->prefetch_row(later.row);
    const Place& soon = places_[at + kAhead];
    sources_[soon.cube]->prefetch_counts(soon.row);
}

// Adds the group's places up.
void Percentiles::merge(uint32_t group) {
    uint32_t end = starts_[group + 1];
    int32_t low = Histogram::kBucketMax;
    int32_t high = Histogram::kBucketMin;
    for (uint32_t at = starts_[group]; at < end; ++at) {
        int32_t first = 0;
        int32_t last = 0;
        if (!sources_[places_[at].cube]->range(places_[at].row, first, last)) continue;
        low = std::min(low, first);
        high = std::max(high, last);
    }
    if (low <= high) merged_.cover(low, high);
    for (uint32_t at = starts_[group]; at < end; ++at)
        sources_[places_[at].cube]->add_to(places_[at].row, merged_);
}

// Fills `values` for a few places whose counts fit a byte; false when they are not like that.
bool Percentiles::compute_small(uint32_t start, uint32_t end, double* values) {
    if (end - start > kSmallMax || start == end) return false;
    HistogramCounts<uint16_t> sum;
    sum.first = Histogram::kBucketMax;
    int32_t end_bucket = Histogram::kBucketMin;
    for (uint32_t at = start; at < end; ++at) {
        const CubeHistograms& source = *sources_[places_[at].cube];
        if (!source.is_small(places_[at].row)) return false;
        HistogramCounts<uint8_t> part = source.small(places_[at].row);
        if (end - start == 1 && part.counts != nullptr) {
            percentiles_of(part, quantiles_.data(), quantiles_.size(), values);
            return true;
        }
        if (part.size > 0) {
            sum.first = std::min(sum.first, part.first);
            end_bucket = std::max(end_bucket, part.first + static_cast<int32_t>(part.size));
        }
        sum.zeros += part.zeros;
        sum.count += part.count;
        sum.min = at == start ? part.min : std::min(sum.min, part.min);
        sum.max = at == start ? part.max : std::max(sum.max, part.max);
    }
    if (sum.first < end_bucket) sum.size = static_cast<size_t>(end_bucket - sum.first);
    sums_.assign(sum.size, 0);
    for (uint32_t at = start; at < end; ++at)
        sources_[places_[at].cube]->add_small_to(places_[at].row, sum.first, sums_.data());
    sum.counts = sums_.data();
    percentiles_of(sum, quantiles_.data(), quantiles_.size(), values);
    return true;
}

// Fills `values`; false when the group has none.
bool Percentiles::compute(uint32_t group, double* values) {
    uint32_t start = group < group_count_ ? starts_[group] : 0;
    uint32_t places = group < group_count_ ? starts_[group + 1] - start : 0;
    for (uint32_t i = 0; i < places; ++i) prefetch(start + i);
    bool has_events = group < histograms_.size() && histograms_[group].count() > 0;
    if (!has_events && compute_small(start, start + places, values)) return true;
    merged_.clear();
    if (places > 0) merge(group);
    if (has_events) merged_.merge(histograms_[group]);
    merged_.percentiles(quantiles_.data(), quantiles_.size(), values);
    return merged_.count() > 0;
}

// Adds the places to their groups' histograms, and lets the cubes go.
void Percentiles::add_up() {
    grow(group_count_);
    for (size_t i = 0; i < places_.size(); ++i)
        sources_[places_[i].cube]->add_to(places_[i].row, histograms_[groups_[i]]);
    places_.clear();
    groups_.clear();
    cubes_.clear();
    sources_.clear();
    held_bytes_ = 0;
}

void Percentiles::finish(bool needs_all) {
    if (needs_all && places_.size() > kPlacesPerGroup * group_count_) add_up();
    sort_places();
    if (needs_all) compute_all();
}

// In the order the groups were met, in which their places lie in memory: the order they are shown in is
// another one.
void Percentiles::compute_all() {
    size_t groups = std::max(group_count_, histograms_.size());
    values_.assign(groups * quantiles_.size(), 0);
    for (size_t group = 0; group < groups; ++group) {
        double* values = &values_[group * quantiles_.size()];
        if (!compute(static_cast<uint32_t>(group), values)) values[0] = std::nan("");
    }
    has_all_ = true;
}

std::optional<double> Percentiles::value(uint32_t group, double quantile) {
    size_t start = has_all_ ? group * quantiles_.size() : 0;
    if (start >= values_.size()) return std::nullopt;
    if (!has_all_ && group_at_hand_ != group) {
        has_values_ = compute(group, values_.data());
        group_at_hand_ = group;
    }
    if (has_all_ ? std::isnan(values_[start]) : !has_values_) return std::nullopt;
    auto at = std::lower_bound(quantiles_.begin(), quantiles_.end(), quantile);
    NS_ASSERT(at != quantiles_.end());
    return values_[start + static_cast<size_t>(at - quantiles_.begin())];
}

size_t Percentiles::bytes() const {
    size_t bytes = histograms_.capacity() * sizeof(Histogram) + places_.capacity() * sizeof(Place) +
                   groups_.capacity() * 4 + starts_.capacity() * 4;
    for (const Histogram& histogram : histograms_) bytes += histogram.bytes();
    return bytes;
}

}  // namespace nightshift::recorder
