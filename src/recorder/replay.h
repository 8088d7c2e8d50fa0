#pragma once

#include <filesystem>
#include <functional>

#include "recorder/recorder.h"
#include "recorder/segment.h"

namespace nightshift::recorder {

using ReplayVisit = std::function<bool(const EventBatch&, Position)>;

// The events of the segments with row numbers above `from`, in the order of their numbers. False when `visit`
// stopped.
Result<bool> replay_segments(const std::vector<std::shared_ptr<Segment>>& segments, Position from,
                             const ReplayVisit& visit);

// The events of the log above `from`.
Result<bool> replay_log(const std::filesystem::path& directory, Position from, const ReplayVisit& visit);

}  // namespace nightshift::recorder
