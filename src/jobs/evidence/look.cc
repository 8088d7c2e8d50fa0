#include "jobs/evidence/look.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace nightshift::jobs::evidence {

namespace asio = boost::asio;

namespace {

// A job that stops by itself at its end has something to tell.
constexpr std::chrono::milliseconds kLastWords{200};

// Shared by the one who waits and the job; touched on the loop, but for `error` before is_done.
struct Run {
    explicit Run(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    Result<void> ended;
    bool is_done = false;
};

Result<void> run_guarded(const std::function<void()>& job, Until until) {
    if (has_passed(until)) return fail(Code::kTimeout, "the pool had no room in time");
    try {
        job();
    } catch (const std::exception& error) {
        return fail(Code::kInternal, "{}", error.what());
    }
    return {};
}

}  // namespace

Until until(const Instruments& instruments) {
    return std::chrono::steady_clock::now() + instruments.timeout;
}

std::chrono::milliseconds time_left(Until until) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

Task<Result<void>> run_until(io::Pool& pool, Until until, std::function<void()> job) {
    auto executor = co_await asio::this_coro::executor;
    auto run = std::make_shared<Run>(executor);
    run->timer.expires_at(until + kLastWords);
    auto work = [run, executor, until, job = std::move(job)] {
        run->ended = run_guarded(job, until);
        asio::post(executor, [run] {
            run->is_done = true;
            run->timer.cancel();
        });
    };
    Result<void> posted = pool.post(std::move(work));
    if (!posted) co_return posted;
    auto [error] = co_await run->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (run->is_done) co_return run->ended;
    if (error) throw boost::system::system_error(error);  // the caller was cancelled
    co_return fail(Code::kTimeout, "it took too long");
}

Task<Finding> find_on_pool(const Instruments& instruments, std::function<Finding(Until)> work) {
    std::function<Result<Finding>(Until)> look = [work = std::move(work)](Until end) -> Result<Finding> {
        return work(end);
    };
    Result<Finding> found = co_await on_pool<Finding>(instruments, std::move(look));
    if (found) co_return std::move(*found);
    co_return unknown(fmt::format("could not look: {}", found.error().message));
}

Task<Observation> Source::collect(const Work& work, const Instruments& instruments) const {
    Observation seen;
    try {
        seen = co_await look(work, instruments);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        seen = observation(unknown(fmt::format("could not look: {}", error.what())), observer());
    } catch (const std::exception& error) {
        seen = observation(unknown(fmt::format("could not look: {}", error.what())), observer());
    }
    seen.time = instruments.clock.now();
    co_return presentable(std::move(seen));
}

}  // namespace nightshift::jobs::evidence
