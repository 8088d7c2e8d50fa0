#pragma once

#include <cstddef>
#include <functional>

#include "recorder/query.h"
#include "recorder/snapshot.h"

namespace nightshift::recorder {

// Answers an aggregate query from a snapshot, from rollups where they say the same. See Recorder::query for
// errors.
// `limit_cache` is called now and then while many rollups are read into memory.
Result<QueryResult> run_query(const Query& query, const Snapshot& snapshot, size_t bytes_max,
                              const std::function<void()>& limit_cache);

}  // namespace nightshift::recorder
