#include "recorder/percentiles.h"

#include <algorithm>

#include "base/assert.h"

namespace nightshift::recorder {
namespace {

// With so many places a group, it is better to take them in the order they lie in memory.
constexpr size_t kPlacesPerGroup = 16;

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
    for (size_t i = 0; i < rows.size(); ++i) {
        if (counts[rows[i]] == 0) continue;
        places_.push_back({number, rows[i]});
        groups_.push_back(groups[i]);
    }
    if (places_.size() == before) return;
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

void Percentiles::merge(uint32_t group, Histogram& into) {
    constexpr uint32_t kAhead = 8;
    uint32_t end = starts_[group + 1];
    int32_t low = Histogram::kBucketMax;
    int32_t high = Histogram::kBucketMin;
    for (uint32_t at = starts_[group]; at < end; ++at) {
        if (at + 2 * kAhead < places_.size()) {
            const Place& later = places_[at + 2 * kAhead];
            sources_[later.cube]->prefetch_row(later.row);
            const Place& soon = places_[at + kAhead];
            sources_[soon.cube]->prefetch_counts(soon.row);
        }
        int32_t first = 0;
        int32_t last = 0;
        if (!sources_[places_[at].cube]->range(places_[at].row, first, last)) continue;
        low = std::min(low, first);
        high = std::max(high, last);
    }
    if (low <= high) into.cover(low, high);
    for (uint32_t at = starts_[group]; at < end; ++at)
        sources_[places_[at].cube]->add_to(places_[at].row, into);
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
}

std::optional<double> Percentiles::value(uint32_t group, double quantile) {
    if (merged_group_ != group) {
        merged_.clear();
        if (group < group_count_) merge(group, merged_);
        if (group < histograms_.size()) merged_.merge(histograms_[group]);
        merged_.percentiles(quantiles_.data(), quantiles_.size(), values_.data());
        merged_group_ = group;
    }
    if (merged_.count() == 0) return std::nullopt;
    auto at = std::lower_bound(quantiles_.begin(), quantiles_.end(), quantile);
    NS_ASSERT(at != quantiles_.end());
    return values_[static_cast<size_t>(at - quantiles_.begin())];
}

size_t Percentiles::bytes() const {
    size_t bytes = histograms_.capacity() * sizeof(Histogram) + places_.capacity() * sizeof(Place) +
                   groups_.capacity() * 4 + starts_.capacity() * 4;
    for (const Histogram& histogram : histograms_) bytes += histogram.bytes();
    return bytes;
}

}  // namespace nightshift::recorder
