#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "io/task.h"

namespace nightshift::io {

// Threads for blocking work: history queries, file reads. At most `queue_max` jobs wait; one more is refused.
// Destroy it before the loops whose coroutines wait for it.
class Pool {
public:
    Pool(size_t threads, size_t queue_max);
    // Runs what is queued, then joins.
    ~Pool();

    // kLimit when the queue is full. `work` runs on a pool thread.
    Result<void> post(std::function<void()> work);

    // Runs `work` on the pool and resumes the caller on its own loop with what it returned. kLimit as above;
    // kInternal when it threw. A cancelled caller still waits for `work`, which may therefore use what the
    // caller owns.
    template <class T>
    Task<Result<T>> run(std::function<Result<T>()> work) {
        auto result = std::make_shared<Result<T>>(fail(Code::kInternal, "pool work did not run"));
        std::function<void()> job = [result, work = std::move(work)] { *result = work(); };
        Result<void> ran = co_await run_job(std::move(job));
        if (!ran) co_return Failure(ran.error());
        co_return std::move(*result);
    }

    size_t queued() const;

private:
    Task<Result<void>> run_job(std::function<void()> job);

    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace nightshift::io
