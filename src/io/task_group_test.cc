#include "io/task_group.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "io/blocking.h"
#include "io/condition.h"
#include "io/periodic.h"

namespace nightshift::io {
namespace {

// Says on destruction that the frame or closure that held it is gone.
struct Guard {
    explicit Guard(int& counter) : count(counter) { ++count; }
    Guard(const Guard& other) : count(other.count) { ++count; }
    Guard& operator=(const Guard&) = delete;
    ~Guard() { --count; }
    int& count;
};

Task<> sleep_long(int& live) {
    Guard guard(live);
    co_await sleep_for(std::chrono::hours(1));
}

TEST(TaskGroup, StopCancelsWaitingTasksAndJoinsThem) {
    Loop loop("test");
    int live = 0;
    run_blocking(loop, [&]() -> Task<> {
        TaskGroup group(loop, "test");
        for (int i = 0; i < 10; ++i) group.spawn([&live] { return sleep_long(live); });
        co_await sleep_for(std::chrono::milliseconds(1));
        EXPECT_EQ(group.size(), 10u);
        EXPECT_EQ(live, 10);
        co_await group.stop();
        EXPECT_EQ(group.size(), 0u);
        EXPECT_EQ(live, 0);
    });
}

TEST(TaskGroup, StopEndsTasksThatHaveNotStartedToWait) {
    Loop loop("test");
    int live = 0;
    run_blocking(loop, [&]() -> Task<> {
        TaskGroup group(loop, "test");
        group.spawn([&live] { return sleep_long(live); });
        co_await group.stop();
        EXPECT_EQ(live, 0);
    });
}

TEST(TaskGroup, KeepsTheClosureUntilItsCoroutineEnds) {
    Loop loop("test");
    int live = 0;
    int seen = 0;
    run_blocking(loop, [&]() -> Task<> {
        TaskGroup group(loop, "test");
        auto spawn = [&] {
            Guard guard(live);
            group.spawn([guard, &seen]() -> Task<> {
                co_await sleep_for(std::chrono::milliseconds(1));
                seen = guard.count;
            });
        };
        spawn();
        EXPECT_GE(live, 1);
        while (group.size() > 0) co_await sleep_for(std::chrono::milliseconds(1));
        EXPECT_GE(seen, 1);
        EXPECT_EQ(live, 0);
        co_await group.stop();
    });
}

Task<> fail_at_once() {
    throw std::runtime_error("expected by the test");
    co_return;
}

TEST(TaskGroup, SurvivesATaskThatThrows) {
    Loop loop("test");
    run_blocking(loop, [&]() -> Task<> {
        TaskGroup group(loop, "test");
        group.spawn([] { return fail_at_once(); });
        co_await group.stop();
        EXPECT_EQ(group.size(), 0u);
    });
}

TEST(TaskGroup, RefusesTasksAfterStop) {
    Loop loop("test");
    int live = 0;
    run_blocking(loop, [&]() -> Task<> {
        TaskGroup group(loop, "test");
        co_await group.stop();
        group.spawn([&live] { return sleep_long(live); });
        co_await sleep_for(std::chrono::milliseconds(1));
        EXPECT_EQ(live, 0);
        EXPECT_EQ(group.size(), 0u);
    });
}

Task<> wait_for(Condition& condition, int& woken) {
    co_await condition.wait();
    ++woken;
}

TEST(Condition, WakesEveryWaiterOnce) {
    Loop loop("test");
    int woken = 0;
    run_blocking(loop, [&]() -> Task<> {
        Condition condition;
        TaskGroup group(loop, "test");
        group.spawn([&] { return wait_for(condition, woken); });
        group.spawn([&] { return wait_for(condition, woken); });
        co_await sleep_for(std::chrono::milliseconds(1));
        EXPECT_EQ(woken, 0);
        condition.notify_all();
        while (group.size() > 0) co_await sleep_for(std::chrono::milliseconds(1));
        EXPECT_EQ(woken, 2);
        co_await group.stop();
    });
}

TEST(Condition, CancelledWaiterDoesNotContinue) {
    Loop loop("test");
    int woken = 0;
    run_blocking(loop, [&]() -> Task<> {
        Condition condition;
        TaskGroup group(loop, "test");
        group.spawn([&] { return wait_for(condition, woken); });
        co_await sleep_for(std::chrono::milliseconds(1));
        co_await group.stop();
        condition.notify_all();
        EXPECT_EQ(woken, 0);
    });
}

TEST(Periodic, RepeatsAlsoAfterARunThrewUntilTheGroupStops) {
    Loop loop("test");
    int runs = 0;
    run_blocking(loop, [&]() -> Task<> {
        TaskGroup group(loop, "test");
        Condition ran;
        Periodic periodic;
        periodic.name = "test work";
        periodic.interval = std::chrono::milliseconds(1);
        periodic.work = [&]() -> Task<> {
            ran.notify_all();
            if (++runs == 1) throw std::runtime_error("expected by the test");
            co_return;
        };
        start_periodic(group, std::move(periodic));
        while (runs < 3) co_await ran.wait();
        co_await group.stop();
        int at_stop = runs;
        co_await sleep_for(std::chrono::milliseconds(5));
        EXPECT_EQ(runs, at_stop);
    });
}

TEST(Periodic, SkipsMissedRunsAndStaysOnTheGrid) {
    using std::chrono::nanoseconds;
    nanoseconds interval(10);
    EXPECT_EQ(next_due(nanoseconds(100), nanoseconds(101), interval), nanoseconds(110));
    EXPECT_EQ(next_due(nanoseconds(100), nanoseconds(109), interval), nanoseconds(110));
    EXPECT_EQ(next_due(nanoseconds(100), nanoseconds(110), interval), nanoseconds(120));
    EXPECT_EQ(next_due(nanoseconds(100), nanoseconds(155), interval), nanoseconds(160));
}

}  // namespace
}  // namespace nightshift::io
