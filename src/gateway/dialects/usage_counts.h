#pragma once

#include "gateway/dialects/dialect.h"
#include "gateway/dialects/json_cursor.h"

namespace nightshift::gateway {

// Token counts under whatever names a vendor gives them. Counts of a stream are cumulative: the later
// replaces the earlier.
struct UsageCounts {
    std::optional<int64_t> input;
    std::optional<int64_t> output;
    std::optional<int64_t> cache_read;
    std::optional<int64_t> cache_write;
    std::optional<int64_t> reasoning;

    // The cursor stands at a usage object; anything else is skipped.
    void read(JsonCursor& cursor);
    // Anthropic counts the input without what went into and came from caches.
    Usage usage(bool input_is_without_caches) const;
};

}  // namespace nightshift::gateway
