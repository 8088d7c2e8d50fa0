#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "recorder/row_block.h"

namespace nightshift::recorder {

// Where rows are kept together: a tenant's hour, or its stray events.
struct Partition {
    static constexpr int64_t kStray = INT64_MIN;

    std::string tenant;
    int64_t hour = 0;  // since the Unix epoch

    auto operator<=>(const Partition&) const = default;
};

// The hour of an event that arrived at `arrival_us`; far from it, kStray.
int64_t partition_hour(int64_t time_us, int64_t arrival_us);

// Rows committed to the log and not yet sealed. Not locked: its owner is. Frozen when sealing starts.
class Memtable {
public:
    struct Rows {
        std::vector<std::shared_ptr<RowBlock>> blocks;  // all but the last are full
        int64_t time_min = INT64_MAX;
        int64_t time_max = INT64_MIN;
        uint64_t rows = 0;
    };

    void append(const EventBatch& batch, const std::vector<bool>& is_derived, uint64_t first_row,
                int64_t arrival_us);

    bool is_empty() const { return rows_ == 0; }
    uint64_t rows() const { return rows_; }
    size_t bytes() const { return bytes_; }
    uint64_t last_row() const { return last_row_; }
    int64_t first_arrival_us() const { return first_arrival_us_; }
    int64_t last_arrival_us() const { return last_arrival_us_; }
    const std::map<Partition, Rows>& partitions() const { return partitions_; }

    // Blocks of the tenant that may hold rows in [from_us, to_us); open ones are copied unless the table is
    // frozen.
    void collect(std::string_view tenant, int64_t from_us, int64_t to_us, bool is_frozen,
                 std::vector<std::shared_ptr<const RowBlock>>& into) const;
    // Calls `take(tenant, block)` for the blocks with rows above `row`, likewise.
    void collect_after(
        uint64_t row, bool is_frozen,
        const std::function<void(const std::string&, std::shared_ptr<const RowBlock>)>& take) const;

private:
    Rows& rows_of(const Event& event, int64_t arrival_us);

    std::map<Partition, Rows> partitions_;
    std::pair<const Partition, Rows>* last_used_ = nullptr;
    uint64_t rows_ = 0;
    size_t bytes_ = 0;
    uint64_t last_row_ = 0;
    int64_t first_arrival_us_ = INT64_MAX;
    int64_t last_arrival_us_ = INT64_MIN;
};

}  // namespace nightshift::recorder
