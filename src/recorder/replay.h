#pragma once

#include <functional>

#include "recorder/recorder.h"
#include "recorder/snapshot.h"

namespace nightshift::recorder {

using ReplayVisit = std::function<bool(const EventBatch&, Position)>;

// The events of `everything` with row numbers above `from`, in the order of their numbers, until `visit`
// returns false. A damaged block is reported and left out; kIo.
Result<void> replay_rows(const Everything& everything, Position from, const ReplayVisit& visit);

}  // namespace nightshift::recorder
