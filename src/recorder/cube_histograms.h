#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/histogram.h"

namespace nightshift::recorder {

// The histograms of one column of a cube, row after row. Each is kept in the form that is small and quick to
// add up: all counts of its range, a byte or a word each, or only those above 0 with their buckets.
class CubeHistograms {
public:
    using Bucket = Histogram::Bucket;

    // What else is known of a row.
    struct Summary {
        uint64_t zeros = 0;
        int64_t min = 0;  // of all values; without values it means nothing
        int64_t max = 0;
    };
    // The next row's, in ascending order. A bucket that comes twice counts twice.
    void append(const Bucket* buckets, size_t count, const Summary& summary);

    // The sum of these rows of `from` as the next row.
    void append_sum(const CubeHistograms& from, const std::vector<uint32_t>& rows);

    size_t rows() const { return rows_.size(); }
    uint64_t zeros(size_t row) const { return rows_[row].summary.zeros; }
    // The first and the last bucket with a count; false when there is none.
    bool range(size_t row, int32_t& first, int32_t& last) const;
    void add_to(size_t row, Histogram& to) const;
    // Rows are read in another order than they lie in memory: these two, one after the other, have it ready.
    void prefetch_row(size_t row) const { __builtin_prefetch(&rows_[row]); }
    void prefetch_counts(size_t row) const;
    // Whether all counts of the row fit a byte each. Then,
    bool is_small(size_t row) const { return rows_[row].is_small; }
    // what is known of it; `counts` is null when they are not kept for all of its range.
    HistogramCounts<uint8_t> small(size_t row) const;
    // Adds its counts to those of the buckets from `first` on, which cover it.
    void add_small_to(size_t row, int32_t first, uint16_t* sums) const;
    // The row as it was appended.
    void read(size_t row, std::vector<Bucket>& into) const;

    size_t bytes() const;

private:
    enum class Form : uint8_t { kPairs, kBytes, kWords };
    struct Row {
        Summary summary;
        uint64_t total = 0;  // without zeros
        uint32_t start = 0;  // in the form's array
        int16_t first = 0;   // bucket
        uint16_t size = 0;   // entries
        Form form = Form::kPairs;
        bool is_small = true;
    };

    std::vector<Row> rows_;
    std::vector<Bucket> pairs_;
    std::vector<uint8_t> bytes_;
    std::vector<uint32_t> words_;
};

}  // namespace nightshift::recorder
