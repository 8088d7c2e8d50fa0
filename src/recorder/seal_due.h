#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "recorder/view.h"

namespace nightshift::recorder {

// A growing memtable of this size is sealed at once,
constexpr size_t kSealBytes = 32u << 20;
// and one of this size a while after its first row: large enough for a segment that need not be merged, and
// too large to keep in memory for an hour because the fleet is slow to fill it.
constexpr size_t kLargeBytes = 8u << 20;
constexpr std::chrono::seconds kLargeFor{60};

// When a growing memtable that is not full is to be sealed, in microseconds since the epoch: when nothing has
// come for `seal_after`, or when its oldest rows have waited for an hour and that while, because then their
// hour is over and a quiet fleet makes one file an hour; earlier if it is large. INT64_MAX for an empty one.
// Pure.
int64_t seal_due_us(const View::Unsealed& unsealed, std::chrono::seconds seal_after);

}  // namespace nightshift::recorder
