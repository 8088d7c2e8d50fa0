#include "base/timestamp.h"

#include <gtest/gtest.h>

namespace nightshift {
namespace {

TEST(Timestamp, IsReadAsServersWriteIt) {
    auto ms = [](std::string_view text) {
        auto time = parse_timestamp(text);
        return time ? unix_ms(*time) : -1;
    };
    constexpr int64_t kAt = 1'795'316'531'000;  // 2026-11-22 03:02:11 UTC
    EXPECT_EQ(ms("2026-11-22T03:02:11Z"), kAt);
    EXPECT_EQ(ms("2026-11-22 03:02:11.250+00:00"), kAt + 250);
    EXPECT_EQ(ms("2026-11-22T04:02:11+01:00"), kAt);
    EXPECT_EQ(ms("2026-11-21T22:02:11-0500"), kAt);
    EXPECT_EQ(ms("2026-11-22 03:02:11.123456+00"), kAt + 123);
    EXPECT_EQ(ms("Sun, 22 Nov 2026 03:02:11 GMT"), kAt);
    EXPECT_EQ(ms("1795316531"), kAt);
    EXPECT_EQ(ms("1795316531000"), kAt);
    EXPECT_EQ(ms("1795316531000000"), kAt);
    for (std::string_view bad :
         {"", "soon", "2026-11-22", "2026-13-22T03:02:11Z", "2026-02-30T03:02:11Z", "2026-11-22T03:02:11",
          "2026-11-22T25:02:11Z", "-5", "2026-11-22T03:02:11Zulu"}) {
        EXPECT_EQ(ms(bad), -1) << bad;
    }
}

}  // namespace
}  // namespace nightshift
