#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "recorder/view.h"

namespace nightshift::recorder {

// A growing memtable of this size makes room for the next at once, and waits to be sealed;
constexpr size_t kSealBytes = 32u << 20;
// one with so much for each of its partitions is sealed as soon as no other is: enough for segments that need
// not be merged;
constexpr size_t kLargeBytes = 8u << 20;
// and one of this size a while after its first row, however many segments that makes: it is too large to be
// kept in memory for an hour because the fleet is slow to fill it.
constexpr std::chrono::seconds kLargeFor{60};

// When a growing memtable that is not full is to be sealed, in microseconds since the epoch: when nothing has
// come for `seal_after`, or when its oldest rows have waited for an hour and that while, because then their
// hour is over and a quiet fleet makes one file an hour; earlier if it is large. INT64_MAX for an empty one.
// Pure.
int64_t seal_due_us(const View::Unsealed& unsealed, std::chrono::seconds seal_after);

}  // namespace nightshift::recorder
