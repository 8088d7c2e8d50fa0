#include "jobs/retry.h"

#include <algorithm>

namespace nightshift::jobs {

std::optional<Time> retry_at(const Job& job, const Execution& execution, uint32_t attempt, Time now,
                             Random& random) {
    if (execution.succeeded() || job.is_watched()) return std::nullopt;
    bool never_started = !execution.error.empty() && execution.started == Time{};
    if (never_started || execution.lost || attempt > job.retries.max) return std::nullopt;
    uint32_t doublings = std::min<uint32_t>(attempt - 1, 20);
    microseconds longest = std::min<microseconds>(
        microseconds(job.retries.backoff) * (int64_t{1} << doublings), job.retries.backoff_max);
    // Half of it is sure, so that what failed gets time; the other half keeps many from coming back together.
    auto wait = static_cast<int64_t>((0.5 + random.uniform() / 2) * static_cast<double>(longest.count()));
    return now + std::max<microseconds>(microseconds(wait), milliseconds(100));
}

}  // namespace nightshift::jobs
