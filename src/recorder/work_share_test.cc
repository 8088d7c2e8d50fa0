#include "recorder/work_share.h"

#include <gtest/gtest.h>

namespace nightshift::recorder {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(WorkShare, IsAFifthOfAProcessor) {
    EXPECT_EQ(rest_after(milliseconds(5)), milliseconds(20));
    EXPECT_EQ(rest_after(microseconds(0)), microseconds(0));
}

TEST(WorkShare, LetsAHurryBeSeenSoon) {
    EXPECT_EQ(rest_after(std::chrono::seconds(10)), milliseconds(100));
}

}  // namespace
}  // namespace nightshift::recorder
