#include "live/admission.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace nightshift::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant at(milliseconds since_start) {
    return Instant(std::chrono::hours(1)) + since_start;
}

TEST(Admission, LetsASecondsWorthInAtOnceAndThenTheRate) {
    Admission admission(100);
    int admitted = 0;
    for (int i = 0; i < 150; ++i) admitted += admission.admit(at(milliseconds(0)), 0).count() == 0 ? 1 : 0;
    EXPECT_EQ(admitted, 100);
    admitted = 0;
    for (int i = 0; i < 150; ++i) admitted += admission.admit(at(milliseconds(500)), 0).count() == 0 ? 1 : 0;
    EXPECT_EQ(admitted, 50);
}

TEST(Admission, NeverSavesMoreThanASecondsWorth) {
    Admission admission(10);
    admission.admit(at(milliseconds(0)), 0);
    int admitted = 0;
    for (int i = 0; i < 100; ++i) admitted += admission.admit(at(seconds(3600)), 0).count() == 0 ? 1 : 0;
    EXPECT_EQ(admitted, 10);
}

TEST(Admission, SpreadsTheRefusedOverTheTimeItTakesToAdmitThem) {
    Admission admission(100);
    Random random(1);
    std::map<int64_t, int> by_second;
    for (int i = 0; i < 1100; ++i) {
        milliseconds retry = admission.admit(at(milliseconds(0)), random.uniform());
        if (retry.count() > 0) ++by_second[retry.count() / 1000];
    }
    // The last of 1000 refused are spread over up to twice the ten seconds that admitting them takes.
    EXPECT_GE(by_second.rbegin()->first, 10);
    EXPECT_LE(by_second.rbegin()->first, 20);
    EXPECT_GE(by_second.size(), 10u);
}

// What the spread is for: clients that obey it are soon all in, and nobody is refused for ever.
TEST(Admission, BringsAStormInWithinTwiceTheTimeItMustTake) {
    Admission admission(200);
    Random random(5);
    std::multimap<int64_t, int> arrivals;
    for (int i = 0; i < 2000; ++i) arrivals.emplace(0, i);
    int64_t last_ms = 0;
    int refusals = 0;
    while (!arrivals.empty()) {
        auto next = *arrivals.begin();
        arrivals.erase(arrivals.begin());
        milliseconds retry = admission.admit(at(milliseconds(next.first)), random.uniform());
        if (retry.count() == 0) {
            last_ms = next.first;
        } else {
            ++refusals;
            arrivals.emplace(next.first + retry.count(), next.second);
        }
    }
    EXPECT_LT(last_ms, 30'000);
    EXPECT_LT(refusals, 2000 * 5);
}

TEST(SpreadReturn, GrowsWithTheClients) {
    EXPECT_LE(spread_return(10, 1000, 0.999).count(), 800);
    EXPECT_GE(spread_return(10'000, 1000, 0.999).count(), 39'000);
    EXPECT_LE(spread_return(UINT64_MAX, 1, 0.999).count(), 61'000);
    EXPECT_GT(spread_return(0, 0, 0).count(), 0);
}

}  // namespace
}  // namespace nightshift::live
