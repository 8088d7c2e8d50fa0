#include "io/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "io/blocking.h"
#include "io/completion.h"
#include "io/loop.h"
#include "io/task_group.h"

namespace nightshift::io {
namespace {

TEST(Pool, RunsEverythingQueuedBeforeItEnds) {
    std::atomic<int> ran = 0;
    {
        Pool pool(2, 100);
        for (int i = 0; i < 100; ++i) {
            Result<void> posted = pool.post([&] { ++ran; });
            ASSERT_TRUE(posted);
        }
    }
    EXPECT_EQ(ran, 100);
}

TEST(Pool, RefusesWhenTheQueueIsFull) {
    std::latch started(1);
    std::latch may_end(1);
    Pool pool(1, 2);
    ASSERT_TRUE(pool.post([&] {
        started.count_down();
        may_end.wait();
    }));
    started.wait();
    EXPECT_TRUE(pool.post([] {}));
    EXPECT_TRUE(pool.post([] {}));
    EXPECT_EQ(pool.queued(), 2u);
    Result<void> refused = pool.post([] {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kLimit);
    may_end.count_down();
}

TEST(Pool, ResumesTheCallerOnItsLoop) {
    Loop loop("test");
    Pool pool(1, 10);
    run_blocking(loop, [&]() -> Task<> {
        std::function<Result<std::thread::id>()> work = []() -> Result<std::thread::id> {
            return std::this_thread::get_id();
        };
        Result<std::thread::id> id = co_await pool.run(std::move(work));
        EXPECT_TRUE(id);
        EXPECT_NE(*id, std::this_thread::get_id());
        EXPECT_TRUE(loop.is_current());
    });
}

TEST(Pool, TurnsAThrowingJobIntoAnInternalError) {
    Loop loop("test");
    Pool pool(1, 10);
    run_blocking(loop, [&]() -> Task<> {
        std::function<Result<int>()> work = []() -> Result<int> {
            throw std::runtime_error("expected by the test");
        };
        Result<int> result = co_await pool.run(std::move(work));
        EXPECT_FALSE(result);
        EXPECT_EQ(result.error().code, Code::kInternal);
    });
}

TEST(Pool, CancelledCallerStillWaitsForItsJob) {
    Loop loop("test");
    Pool pool(1, 10);
    std::latch may_end(1);
    std::atomic<bool> job_ended = false;
    bool caller_saw_end = false;
    run_blocking(loop, [&]() -> Task<> {
        TaskGroup group(loop, "test");
        group.spawn([&]() -> Task<> {
            std::function<Result<int>()> work = [&]() -> Result<int> {
                may_end.wait();
                job_ended = true;
                return 1;
            };
            Result<int> result = co_await pool.run(std::move(work));
            caller_saw_end = result.has_value() && job_ended;
        });
        co_await sleep_for(std::chrono::milliseconds(1));
        std::thread later([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            may_end.count_down();
        });
        co_await group.stop();
        later.join();
    });
    EXPECT_TRUE(caller_saw_end);
}

TEST(Completion, ContinuesWithAValueFromAnotherThread) {
    Loop loop("test");
    std::thread other;
    run_blocking(loop, [&]() -> Task<> {
        std::function<void(std::function<void(int)>)> start = [&](std::function<void(int)> done) {
            other = std::thread([done = std::move(done)] { done(42); });
        };
        int value = co_await completion<int>(std::move(start));
        EXPECT_EQ(value, 42);
        EXPECT_TRUE(loop.is_current());
    });
    other.join();
}

TEST(Completion, TakesAValueThatComesAtOnce) {
    Loop loop("test");
    run_blocking(loop, [&]() -> Task<> {
        std::function<void(std::function<void(int)>)> start = [](const std::function<void(int)>& done) {
            done(7);
        };
        int value = co_await completion<int>(std::move(start));
        EXPECT_EQ(value, 7);
    });
}

TEST(Signal, WakeAfterACancelledWaitAndAfterTheLoopIsWithoutEffect) {
    Signal signal;
    {
        Loop loop("test");
        run_blocking(loop, [&]() -> Task<> {
            TaskGroup group(loop, "test");
            group.spawn([&] { return signal.wait(); });
            co_await sleep_for(std::chrono::milliseconds(1));
            co_await group.stop();
        });
    }
    signal.wake();
}

TEST(Signal, ManyThreadsWakeManyWaiters) {
    Loop loop("test");
    std::vector<Signal> signals(200);
    std::thread waker([&] {
        for (auto& signal : signals) signal.wake();
    });
    run_blocking(loop, [&]() -> Task<> {
        for (auto& signal : signals) co_await signal.wait();
    });
    waker.join();
}

}  // namespace
}  // namespace nightshift::io
