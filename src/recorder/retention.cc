#include "recorder/retention.h"

#include <algorithm>

namespace nightshift::recorder {

std::vector<std::shared_ptr<Segment>> choose_expired(std::vector<std::shared_ptr<Segment>> segments,
                                                     const RetentionLimits& limits) {
    std::sort(segments.begin(), segments.end(),
              [](const auto& a, const auto& b) { return a->trailer().time_max < b->trailer().time_max; });
    uint64_t bytes = 0;
    for (const auto& segment : segments) bytes += segment->bytes();
    std::vector<std::shared_ptr<Segment>> expired;
    for (const auto& segment : segments) {
        if (segment->trailer().time_max >= limits.oldest_us && bytes <= limits.bytes_max) break;
        bytes -= segment->bytes();
        expired.push_back(segment);
    }
    return expired;
}

}  // namespace nightshift::recorder
