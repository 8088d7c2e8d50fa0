#pragma once

#include <cstdint>
#include <utility>

#include "incidents/types.h"
#include "io/pool.h"
#include "recorder/recorder.h"

namespace nightshift::app {

// The tokens and nano-dollars that the incident's session or agent used since the alert began; zeros for
// other subjects, and with a word in the log when it cannot be told. Resumes on the caller's loop.
Task<std::pair<uint64_t, int64_t>> spending(recorder::Recorder& recorder, io::Pool& pool,
                                            incidents::Incident incident);

}  // namespace nightshift::app
