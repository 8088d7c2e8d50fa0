#include "io/waking.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <thread>

namespace nightshift::io {
namespace {

TEST(Waking, ChangesOfOneThreadAndBack) {
    if (::sched_getscheduler(0) != SCHED_OTHER) GTEST_SKIP() << "the tests were started with a policy";
    std::thread([] {
        set_waking(::gettid(), Waking::kWhenOthersRest);
        EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
        EXPECT_EQ(::sched_getscheduler(::getpid()), SCHED_OTHER);
        set_waking(::gettid(), Waking::kAtOnce);
        EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
    }).join();
}

}  // namespace
}  // namespace nightshift::io
