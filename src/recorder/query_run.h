#pragma once

#include <cstddef>

#include "recorder/query.h"
#include "recorder/snapshot.h"

namespace nightshift::recorder {

// Answers an aggregate query from a snapshot, from rollups where they say the same. See Recorder::query for
// errors.
Result<QueryResult> run_query(const Query& query, const Snapshot& snapshot, size_t bytes_max);

}  // namespace nightshift::recorder
