#include "io/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "io/blocking.h"

namespace nightshift::io {
namespace {

TEST(Loop, RunsPostedWorkInOrderOnItsThread) {
    Loop loop("test");
    std::vector<int> order;
    std::promise<bool> done;
    for (int i = 0; i < 100; ++i) loop.post([&order, i] { order.push_back(i); });
    loop.post([&] { done.set_value(loop.is_current()); });
    EXPECT_TRUE(done.get_future().get());
    EXPECT_FALSE(loop.is_current());
    ASSERT_EQ(order.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(Loop, GoesOnAfterAHandlerThrew) {
    Loop loop("test");
    loop.post([] { throw std::runtime_error("expected by the test"); });
    std::promise<void> done;
    loop.post([&] { done.set_value(); });
    done.get_future().get();
}

TEST(Loop, DropsWorkPostedAfterStop) {
    std::atomic<bool> ran = false;
    {
        Loop loop("test");
        loop.stop();
        loop.post([&] { ran = true; });
    }
    EXPECT_FALSE(ran);
}

Task<> sleep_twice(std::vector<std::chrono::steady_clock::time_point>& times) {
    times.push_back(std::chrono::steady_clock::now());
    co_await sleep_for(std::chrono::milliseconds(3));
    times.push_back(std::chrono::steady_clock::now());
}

TEST(Loop, SleepsAtLeastTheDuration) {
    Loop loop("test");
    std::vector<std::chrono::steady_clock::time_point> times;
    run_blocking(loop, [&] { return sleep_twice(times); });
    ASSERT_EQ(times.size(), 2u);
    EXPECT_GE(times[1] - times[0], std::chrono::milliseconds(3));
}

Task<> throwing() {
    co_await sleep_for(std::chrono::nanoseconds(0));
    throw std::runtime_error("expected by the test");
}

TEST(Loop, RunBlockingRethrows) {
    Loop loop("test");
    EXPECT_THROW(run_blocking(loop, [] { return throwing(); }), std::runtime_error);
}

}  // namespace
}  // namespace nightshift::io
