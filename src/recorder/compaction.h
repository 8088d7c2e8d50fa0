#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "recorder/segment.h"
#include "recorder/segment_writer.h"

namespace nightshift::recorder {

// Which segments to merge next: the small ones of one folder, when there are several. Empty: none. Pure.
// `now_us` decides whether a folder's hour is over, when fewer are enough.
std::vector<std::shared_ptr<Segment>> choose_compaction(const std::vector<std::shared_ptr<Segment>>& segments,
                                                        int64_t now_us);

// All rows of the segments, which must be of one tenant. kCorrupt, kIo.
Result<SegmentContent> merge_segments(const std::vector<std::shared_ptr<Segment>>& segments);

}  // namespace nightshift::recorder
