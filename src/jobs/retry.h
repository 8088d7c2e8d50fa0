#pragma once

#include <optional>

#include "base/random.h"
#include "jobs/job.h"

namespace nightshift::jobs {

// When an attempt that ended is tried again; nothing: it is not. Backoff doubles, with full jitter, so that
// many jobs that failed together do not return together. What could never start (no such program) is not
// tried again, nor is what may still be running.
std::optional<Time> retry_at(const Job& job, const Execution& execution, uint32_t attempt, Time now,
                             Random& random);

}  // namespace nightshift::jobs
