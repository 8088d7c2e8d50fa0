#pragma once

#include "api/router.h"
#include "base/redact.h"
#include "io/pool.h"
#include "recorder/recorder.h"

namespace nightshift::api {

// Reading the recorder: single events, exports, kept content and aggregate queries. Everything runs on
// `pool`, so that history never delays what is live. The references must outlive the router.
void add_event_routes(Router& router, const recorder::Recorder& recorder, io::Pool& pool,
                      const Redactor& redactor);

}  // namespace nightshift::api
