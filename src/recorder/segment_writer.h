#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "recorder/disk.h"
#include "recorder/row_block.h"

namespace nightshift::recorder {

struct SegmentContent {
    std::string tenant;
    std::vector<std::shared_ptr<const RowBlock>> rows;  // any order
    uint64_t last_row = 0;                              // of the set that is sealed together
    std::vector<uint64_t> replaces;
    bool has_rollup = true;  // the rows are of one hour
};

struct WrittenSegment {
    uint64_t bytes = 0;
    uint64_t keys_folded = 0;
};

// Called every few milliseconds of work: the writer may let others have the processor.
using Rest = std::function<void()>;

// Writes the rows as a segment file: to a temporary name, synced, renamed, the folder synced. At most 4 Mi
// rows.
Result<WrittenSegment> write_segment(const SegmentContent& content, const std::filesystem::path& path,
                                     Disk& disk, const Rest& rest);

}  // namespace nightshift::recorder
