#pragma once

#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "recorder/cube.h"
#include "recorder/percentiles.h"
#include "recorder/query.h"
#include "recorder/query_plan.h"

namespace nightshift::recorder {

// The running values of one aggregate for all groups.
class Aggregation {
public:
    // `aggregate` must outlive it. A percentile needs the `percentiles` of its column, which aggregations
    // share and the first one feeds: `is_feeding`.
    explicit Aggregation(const Aggregate& aggregate, Percentiles* percentiles = nullptr,
                         bool is_feeding = false)
        : aggregate_(aggregate), percentiles_(percentiles), is_feeding_(is_feeding) {}

    // Adds the rows to their groups; groups[i] < `group_count` is that of rows[i]. The columns must be
    // loaded.
    void add(const Block& block, const std::vector<uint16_t>& rows, const std::vector<uint32_t>& groups,
             size_t group_count);
    // The same for rows that are sums.
    void add_sums(const std::shared_ptr<const Cube>& cube, const std::vector<uint16_t>& rows,
                  const std::vector<uint32_t>& groups, size_t group_count);

    Value value(uint32_t group) const;
    size_t bytes() const;

private:
    __extension__ typedef __int128 Wide;

    void grow(size_t group_count);
    const int64_t* column_of(const Block& block);
    void add_reals(const int64_t* bits, const std::vector<uint16_t>& rows,
                   const std::vector<uint32_t>& groups);
    bool fits_small_sums(const Block& block) const;
    void add_small_sums(const int64_t* values, const std::vector<uint16_t>& rows,
                        const std::vector<uint32_t>& groups);
    void add_wholes(const int64_t* values, const std::vector<uint16_t>& rows,
                    const std::vector<uint32_t>& groups);
    template <class Get>
    void add_runs(const std::vector<uint32_t>& groups, Get get);
    void add_distinct(const Block& block, const std::vector<uint16_t>& rows,
                      const std::vector<uint32_t>& groups);
    Value in_unit(double value) const;
    Value in_unit(int64_t value) const;

    const Aggregate& aggregate_;
    Percentiles* percentiles_;
    bool is_feeding_;
    std::vector<int64_t> counts_;
    std::vector<Wide> sums_;
    std::vector<double> reals_;
    std::vector<int64_t> extremes_;
    std::vector<std::unordered_set<uint64_t>> distinct_;
    std::vector<uint64_t> small_sums_;  // of the block at hand: two a group
    std::vector<int64_t> total_;        // total_tokens of the block at hand
};

}  // namespace nightshift::recorder
