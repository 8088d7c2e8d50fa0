#pragma once

#include "live/hub.h"
#include "recorder/event.h"

namespace nightshift::app {

// Puts committed events on the live topics `events` and `session:<id>`, encoding only what somebody watches.
// For the recorder's tap: never waits.
void publish_events(live::Hub& hub, const recorder::EventBatch& batch);

}  // namespace nightshift::app
