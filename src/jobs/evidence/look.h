#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "jobs/evidence/finding.h"
#include "jobs/evidence/source.h"

namespace nightshift::jobs::evidence {

// When patience ends. Blocking looks check it between their steps.
using Until = std::chrono::steady_clock::time_point;
Until until(const Instruments& instruments);
inline bool has_passed(Until until) {
    return std::chrono::steady_clock::now() >= until;
}
std::chrono::milliseconds time_left(Until until);

// What all sources share: whatever look() does, collect() answers with an observation that may be kept.
class Source : public EvidenceSource {
public:
    // Never throws, but when the caller is cancelled.
    Task<Observation> collect(const Work& work, const Instruments& instruments) const final;

protected:
    // May throw: that is an unknown outcome. Must come back within Instruments::timeout.
    virtual Task<Observation> look(const Work& work, const Instruments& instruments) const = 0;
    // Who is asked, for an observation that could not be made.
    virtual std::string observer() const = 0;
};

// Runs `job` on the pool and waits for it until `until`: kTimeout after that, kLimit when the pool is full,
// kInternal when it threw. A job that came too late is left behind and ends alone, so it owns all it uses.
// The loop outlives the pool.
Task<Result<void>> run_until(io::Pool& pool, Until until, std::function<void()> job);

// The same for a job with a result.
template <class T>
Task<Result<T>> on_pool(const Instruments& instruments, std::function<Result<T>(Until)> work) {
    Until end = until(instruments);
    auto result = std::make_shared<Result<T>>(fail(Code::kInternal, "the look did not run"));
    std::function<void()> job = [result, end, work = std::move(work)] { *result = work(end); };
    Result<void> ran = co_await run_until(instruments.pool, end, std::move(job));
    if (!ran) co_return Failure(ran.error());
    co_return std::move(*result);
}

// A finding made on the pool; what went wrong on the way is an unknown one.
Task<Finding> find_on_pool(const Instruments& instruments, std::function<Finding(Until)> work);

}  // namespace nightshift::jobs::evidence
