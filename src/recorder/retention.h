#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "recorder/segment.h"

namespace nightshift::recorder {

struct RetentionLimits {
    int64_t oldest_us = INT64_MIN;  // segments that end before it go
    uint64_t bytes_max = UINT64_MAX;
};

// The segments to delete: those too old, then the oldest until the rest fits. Pure.
std::vector<std::shared_ptr<Segment>> choose_expired(std::vector<std::shared_ptr<Segment>> segments,
                                                     const RetentionLimits& limits);

}  // namespace nightshift::recorder
