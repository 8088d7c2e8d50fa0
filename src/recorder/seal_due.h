#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "recorder/view.h"

namespace nightshift::recorder {

// A growing memtable of this size makes room for the next at once, and waits to be sealed;
constexpr size_t kSealBytes = 32u << 20;
// one of this size is sealed as soon as no other is: large enough for a segment that need not be merged, and
// too large to be kept in memory for nothing.
constexpr size_t kLargeBytes = 8u << 20;

// When a growing memtable that is not full is to be sealed, in microseconds since the epoch: when nothing has
// come for `seal_after`, or when its oldest rows have waited for an hour and that while, because then their
// hour is over and a quiet fleet makes one file an hour; at once if it is large. INT64_MAX for an empty one.
// Pure.
int64_t seal_due_us(const View::Unsealed& unsealed, std::chrono::seconds seal_after);

}  // namespace nightshift::recorder
