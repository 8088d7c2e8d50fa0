#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/histogram.h"
#include "recorder/column_name.h"
#include "recorder/cube.h"

namespace nightshift::recorder {

// The percentiles of one column for all groups. Events go into their group's histogram at once. Of cubes only
// the place is noted: their counts are added up when a group is asked for, which for most groups may be
// never, in memory that is used again for the next group.
class Percentiles {
public:
    // `column` must outlive it. At about `held_bytes_max` of cubes it adds them up after all and lets them
    // go.
    Percentiles(const Column& column, size_t held_bytes_max)
        : column_(column), held_bytes_max_(held_bytes_max) {}

    const Column& column() const { return column_; }
    // Wants this quantile (0 to 1) too; all come before the first row.
    void want(double quantile);

    void grow(size_t group_count);
    void add(uint32_t group, double value) { histograms_[group].add(value); }
    // The rows of a cube; groups[i] is that of rows[i].
    void add_cube(const std::shared_ptr<const Cube>& cube, const std::vector<uint16_t>& rows,
                  const std::vector<uint32_t>& groups, size_t group_count);

    // After the last row. `needs_all`: the values of all groups will be asked for.
    void finish(bool needs_all);
    // The wanted quantile of a group, or nothing when it has no values. Ask for all quantiles of one group in
    // a row.
    std::optional<double> value(uint32_t group, double quantile);
    size_t bytes() const;

private:
    struct Place {
        uint32_t cube;
        uint32_t row;
    };

    void sort_places();
    bool compute(uint32_t group, double* values);
    bool compute_small(uint32_t start, uint32_t end, double* values);
    void compute_all();
    void prefetch(uint32_t at) const;
    void merge(uint32_t group);
    void add_up();

    const Column& column_;
    size_t held_bytes_max_;
    std::vector<double> quantiles_;  // ascending
    std::vector<double> values_;     // of `group_at_hand_`, if it
    bool has_values_ = false;        // has any; or
    bool has_all_ = false;           // of all groups, not a number for those without values
    std::vector<Histogram> histograms_;

    std::vector<std::shared_ptr<const Cube>> cubes_;
    std::vector<const CubeHistograms*> sources_;  // of the column, in each of them
    size_t held_bytes_ = 0;
    std::vector<Place> places_;
    std::vector<uint32_t> groups_;  // of places_, until they are sorted
    std::vector<uint32_t> starts_;  // of each group's places, once they are sorted
    size_t group_count_ = 0;

    Histogram merged_;
    std::vector<uint16_t> sums_;
    std::optional<uint32_t> group_at_hand_;
};

}  // namespace nightshift::recorder
