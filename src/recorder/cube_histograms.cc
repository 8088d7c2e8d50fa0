#include "recorder/cube_histograms.h"

#include <algorithm>

#include "base/assert.h"

namespace nightshift::recorder {

void CubeHistograms::append(const Bucket* buckets, size_t count, const Summary& summary) {
    Row row{.summary = summary, .start = static_cast<uint32_t>(pairs_.size())};
    uint32_t top = 0;
    for (size_t i = 0; i < count; ++i) {
        NS_ASSERT(buckets[i].bucket >= Histogram::kBucketMin && buckets[i].bucket <= Histogram::kBucketMax);
        if (buckets[i].count == 0) continue;
        row.total += buckets[i].count;
        bool is_repeated = pairs_.size() > row.start && pairs_.back().bucket == buckets[i].bucket;
        if (!is_repeated) pairs_.push_back({buckets[i].bucket, 0});
        uint32_t sum = pairs_.back().count + buckets[i].count;
        pairs_.back().count = sum < buckets[i].count ? UINT32_MAX : sum;
        top = std::max(top, pairs_.back().count);
    }
    size_t distinct = pairs_.size() - row.start;
    row.is_small = top <= UINT8_MAX;
    row.size = static_cast<uint16_t>(distinct);
    if (distinct > 0) {
        row.first = static_cast<int16_t>(pairs_[row.start].bucket);
        auto span = static_cast<size_t>(pairs_.back().bucket - row.first + 1);
        auto spread = [&](auto& into, Form form) {
            size_t start = into.size();
            into.resize(start + span);
            for (size_t i = row.start; i < pairs_.size(); ++i) {
                auto& to = into[start + static_cast<size_t>(pairs_[i].bucket - row.first)];
                to = static_cast<std::remove_reference_t<decltype(to)>>(pairs_[i].count);
            }
            pairs_.resize(row.start);
            row.start = static_cast<uint32_t>(start);
            row.size = static_cast<uint16_t>(span);
            row.form = form;
        };
        if (row.is_small && span <= distinct * sizeof(Bucket)) {
            spread(bytes_, Form::kBytes);
        } else if (!row.is_small && span * sizeof(uint32_t) <= distinct * sizeof(Bucket)) {
            spread(words_, Form::kWords);
        }
    }
    rows_.push_back(row);
}

void CubeHistograms::append_sum(const CubeHistograms& from, const std::vector<uint32_t>& rows) {
    Histogram sum;
    Summary summary{.min = INT64_MAX, .max = INT64_MIN};
    for (uint32_t row : rows) {
        const Row& part = from.rows_[row];
        if (part.total == 0 && part.summary.zeros == 0) continue;
        from.add_to(row, sum);
        summary.zeros += part.summary.zeros;
        summary.min = std::min(summary.min, part.summary.min);
        summary.max = std::max(summary.max, part.summary.max);
    }
    std::vector<Bucket> buckets;
    for (size_t i = 0; i < sum.counts().size(); ++i) {
        if (sum.counts()[i] > 0)
            buckets.push_back({sum.first_bucket() + static_cast<int32_t>(i), sum.counts()[i]});
    }
    append(buckets.data(), buckets.size(), summary);
}

bool CubeHistograms::range(size_t at, int32_t& first, int32_t& last) const {
    const Row& row = rows_[at];
    if (row.size == 0) return false;
    first = row.first;
    last = row.form == Form::kPairs ? pairs_[row.start + row.size - 1].bucket : row.first + row.size - 1;
    return true;
}

void CubeHistograms::add_to(size_t at, Histogram& to) const {
    const Row& row = rows_[at];
    if (row.total == 0 && row.summary.zeros == 0) return;
    to.extend(static_cast<double>(row.summary.min), static_cast<double>(row.summary.max));
    to.add_zeros(row.summary.zeros);
    switch (row.form) {
        case Form::kBytes:
            return to.add_counts(row.first, &bytes_[row.start], row.size, row.total);
        case Form::kWords:
            return to.add_counts(row.first, &words_[row.start], row.size, row.total);
        case Form::kPairs:
            return to.add_buckets(pairs_.data() + row.start, row.size);
    }
}

HistogramCounts<uint8_t> CubeHistograms::small(size_t at) const {
    const Row& row = rows_[at];
    HistogramCounts<uint8_t> found;
    found.first = row.first;
    found.zeros = row.summary.zeros;
    found.count = row.total + row.summary.zeros;
    found.min = static_cast<double>(row.summary.min);
    found.max = static_cast<double>(row.summary.max);
    if (row.form == Form::kBytes) found.counts = &bytes_[row.start];
    bool is_sparse = row.form == Form::kPairs && row.size > 0;
    found.size =
        is_sparse ? static_cast<size_t>(pairs_[row.start + row.size - 1].bucket - row.first + 1) : row.size;
    return found;
}

void CubeHistograms::add_small_to(size_t at, int32_t first, uint16_t* sums) const {
    const Row& row = rows_[at];
    if (row.form == Form::kBytes) {
        uint16_t* __restrict to = sums + (row.first - first);
        const uint8_t* __restrict from = &bytes_[row.start];
        const size_t size = row.size;
        for (size_t i = 0; i < size; ++i) to[i] = static_cast<uint16_t>(to[i] + from[i]);
        return;
    }
    const Bucket* pair = pairs_.data() + row.start;
    for (const Bucket* end = pair + row.size; pair < end; ++pair) {
        uint16_t& to = sums[pair->bucket - first];
        to = static_cast<uint16_t>(to + pair->count);
    }
}

void CubeHistograms::prefetch_counts(size_t at) const {
    constexpr size_t kLine = 64;
    constexpr size_t kLinesMax = 8;  // the processor goes on by itself
    const Row& row = rows_[at];
    const char* start = reinterpret_cast<const char*>(pairs_.data() + row.start);
    size_t bytes = row.size * sizeof(Bucket);
    if (row.form == Form::kBytes) {
        start = reinterpret_cast<const char*>(bytes_.data() + row.start);
        bytes = row.size;
    } else if (row.form == Form::kWords) {
        start = reinterpret_cast<const char*>(words_.data() + row.start);
        bytes = row.size * sizeof(uint32_t);
    }
    for (size_t i = 0; i < std::min(bytes, kLinesMax * kLine); i += kLine) __builtin_prefetch(start + i);
}

void CubeHistograms::read(size_t at, std::vector<Bucket>& into) const {
    const Row& row = rows_[at];
    into.clear();
    if (row.form == Form::kPairs) {
        into.assign(pairs_.begin() + static_cast<std::ptrdiff_t>(row.start),
                    pairs_.begin() + static_cast<std::ptrdiff_t>(row.start + row.size));
        return;
    }
    for (size_t i = 0; i < row.size; ++i) {
        uint32_t count = row.form == Form::kBytes ? bytes_[row.start + i] : words_[row.start + i];
        if (count > 0) into.push_back({row.first + static_cast<int32_t>(i), count});
    }
}

size_t CubeHistograms::bytes() const {
    return rows_.capacity() * sizeof(Row) + pairs_.capacity() * sizeof(Bucket) + bytes_.capacity() +
           words_.capacity() * sizeof(uint32_t);
}

}  // namespace nightshift::recorder
