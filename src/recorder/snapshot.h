#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recorder/row_block.h"
#include "recorder/segment.h"
#include "recorder/segment_block.h"

namespace nightshift::recorder {

// What a query sees of one tenant: it stays the same while rows are sealed, compacted and deleted.
struct Snapshot {
    std::vector<std::shared_ptr<const RowBlock>> memory;
    std::vector<std::shared_ptr<Segment>> segments;
};

// All rows of all tenants above a row number, likewise.
struct Everything {
    struct Rows {
        std::string tenant;
        std::shared_ptr<const RowBlock> rows;  // at least one
    };
    std::vector<Rows> memory;
    std::vector<std::shared_ptr<Segment>> segments;
};

// One block of a snapshot.
struct BlockSource {
    std::shared_ptr<const RowBlock> memory;  // or
    std::shared_ptr<Segment> segment;
    uint32_t block = 0;  // of the segment
    int64_t time_min = 0;
    int64_t time_max = 0;
};

// Makes blocks readable, one at a time, reusing its memory. Used by one thread.
class BlockReader {
public:
    // Valid until the next call.
    Result<Block*> open(const BlockSource& source);

private:
    std::optional<MemoryBlock> memory_;
    SegmentBlock segment_;
};

// All blocks with rows in [from_us, to_us). A segment that cannot be read is reported and left out.
std::vector<BlockSource> blocks_of(const Snapshot& snapshot, int64_t from_us, int64_t to_us);

}  // namespace nightshift::recorder
