#include "io/pool.h"

#include <pthread.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "base/log.h"

namespace nightshift::io {

namespace asio = boost::asio;

struct Pool::State {
    void work() {
        pthread_setname_np(pthread_self(), "pool");
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return is_closing || !queue.empty(); });
            if (queue.empty()) return;
            auto job = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            run(job);
            job = nullptr;
            lock.lock();
        }
    }

    static void run(const std::function<void()>& job) {
        try {
            job();
        } catch (const std::exception& error) {
            log::error("io", "a job on the pool threw: {}", error.what());
        }
    }

    size_t queue_max = 0;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> queue;
    bool is_closing = false;
    std::vector<std::thread> threads;
};

Pool::Pool(size_t threads, size_t queue_max) : state_(std::make_shared<State>()) {
    NS_ASSERT(threads > 0);
    state_->queue_max = queue_max;
    for (size_t i = 0; i < threads; ++i)
        state_->threads.emplace_back([state = state_.get()] { state->work(); });
}

Pool::~Pool() {
    {
        std::lock_guard lock(state_->mutex);
        state_->is_closing = true;
    }
    state_->changed.notify_all();
    for (auto& thread : state_->threads) thread.join();
}

Result<void> Pool::post(std::function<void()> work) {
    {
        std::lock_guard lock(state_->mutex);
        if (state_->queue.size() >= state_->queue_max) {
            return fail(Code::kLimit, "{} jobs wait for the pool already; try again", state_->queue.size());
        }
        state_->queue.push_back(std::move(work));
    }
    state_->changed.notify_one();
    return {};
}

size_t Pool::queued() const {
    std::lock_guard lock(state_->mutex);
    return state_->queue.size();
}

// The wait ignores cancellation: the job may use what the waiting coroutine owns, so it must have ended
// first.
Task<Result<void>> Pool::run_job(std::function<void()> job) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer ended(executor, asio::steady_timer::time_point::max());
    Result<void> result;
    auto work = [&result, &ended, executor, job = std::move(job)] {
        try {
            job();
        } catch (const std::exception& error) {
            log::error("io", "a job on the pool threw: {}", error.what());
            result = fail(Code::kInternal, "a job on the pool threw: {}", error.what());
        }
        asio::post(executor, [&ended] { ended.cancel(); });
    };
    Result<void> posted = post(std::move(work));
    if (!posted) co_return posted;
    auto wait = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::as_tuple(asio::use_awaitable));
    co_await ended.async_wait(wait);
    co_return result;
}

}  // namespace nightshift::io
