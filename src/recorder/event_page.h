#pragma once

#include <cstddef>

#include "recorder/query.h"
#include "recorder/snapshot.h"

namespace nightshift::recorder {

// Answers an EventQuery from a snapshot. `bytes_max` bounds the text of the page; a page that reaches it is
// shorter.
Result<EventPage> read_events(const EventQuery& query, const Snapshot& snapshot, size_t bytes_max);

}  // namespace nightshift::recorder
