#include "health/reach.h"

#include <gtest/gtest.h>

namespace nightshift::health {
namespace {

const Time kNow = from_unix_us(1'700'000'000'000'000);

Contact failed(std::string host, seconds ago = seconds(30)) {
    return {std::move(host), kNow - ago, false};
}

TEST(Reach, IsCutOffWhenNoneOfSeveralHostsCanBeReached) {
    EXPECT_TRUE(is_cut_off({failed("a.example"), failed("b.example"), failed("c.example")}, kNow));
    EXPECT_FALSE(is_cut_off({failed("a.example"), failed("b.example")}, kNow)) << "two may be down together";
    EXPECT_FALSE(is_cut_off({failed("a.example"), failed("a.example"), failed("b.example")}, kNow));
    EXPECT_FALSE(is_cut_off({}, kNow));
}

TEST(Reach, IsNotCutOffWhenOneAnswers) {
    Contact good{"d.example", kNow, true};
    EXPECT_FALSE(is_cut_off({failed("a.example"), failed("b.example"), failed("c.example"), good}, kNow));
}

TEST(Reach, LearnsNothingFromThisMachineOrFromLongAgo) {
    EXPECT_FALSE(is_cut_off({failed("127.0.0.1"), failed("localhost"), failed("::1")}, kNow));
    Contact ourselves{"localhost", kNow, true};
    EXPECT_TRUE(is_cut_off({failed("a.example"), failed("b.example"), failed("c.example"), ourselves}, kNow));
    EXPECT_FALSE(
        is_cut_off({failed("a.example"), failed("b.example"), failed("c.example", seconds(601))}, kNow));
}

TEST(Reach, KnowsWhomAQuestionGoesTo) {
    HttpQuestion http;
    http.url = "https://API.example:8443/x";
    EXPECT_EQ(host_of(http), "api.example");
    EXPECT_EQ(host_of(TcpQuestion{"db", 5432}), "db");
    EXPECT_EQ(host_of(CommandQuestion{}), "");
}

}  // namespace
}  // namespace nightshift::health
