#include "jobs/evidence/history_band.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>

namespace nightshift::jobs::evidence {
namespace {

BandRule rule(const char* text) {
    auto parsed = parse_band("output", boost::json::parse(text));
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed.value_or(BandRule{});
}
std::string refused(const char* text) {
    auto parsed = parse_band("output", boost::json::parse(text));
    return parsed ? "" : parsed.error().message;
}

TEST(HistoryBand, SpansAFactorAroundTheMedian) {
    auto band = band_of(rule(R"({"of":"median","factor":2})"), {10, 30, 20, 40, 1000});
    ASSERT_TRUE(band);
    EXPECT_DOUBLE_EQ(band->middle, 30);
    EXPECT_DOUBLE_EQ(band->low, 15);
    EXPECT_DOUBLE_EQ(band->high, 60);
    EXPECT_EQ(band->values, 5U);
}

TEST(HistoryBand, SpansPercentilesBetweenRanks) {
    auto band = band_of(rule(R"({"of":"percentiles","low":10,"high":90})"), {0, 10, 20, 30, 40, 50});
    ASSERT_TRUE(band);
    EXPECT_DOUBLE_EQ(band->low, 5);
    EXPECT_DOUBLE_EQ(band->high, 45);
}

TEST(HistoryBand, LooksAtTheNewestOnly) {
    auto band = band_of(rule(R"({"over":3,"least":3,"factor":1})"), {1, 2, 3, 100, 100, 100});
    ASSERT_TRUE(band);
    EXPECT_DOUBLE_EQ(band->low, 2);
    EXPECT_DOUBLE_EQ(band->high, 2);
}

TEST(HistoryBand, SaysNothingAboutAShortHistory) {
    EXPECT_FALSE(band_of(rule("{}"), {}));
    EXPECT_FALSE(band_of(rule("{}"), {1, 2, 3, 4}));
    EXPECT_TRUE(band_of(rule("{}"), {1, 2, 3, 4, 5}));
    EXPECT_FALSE(band_of(rule("{}"), {1, 2, 3, 4, NAN, INFINITY})) << "these are no values";
}

TEST(HistoryBand, TurnsAroundForNegativeMedians) {
    auto band = band_of(rule(R"({"least":1})"), {-10});
    ASSERT_TRUE(band);
    EXPECT_DOUBLE_EQ(band->low, -20);
    EXPECT_DOUBLE_EQ(band->high, -5);
}

TEST(HistoryBand, RefusesRulesThatMakeNoSense) {
    EXPECT_NE(refused(R"({"of":"mean"})").find("\"median\" or \"percentiles\""), std::string::npos);
    EXPECT_NE(refused(R"({"factr":2})").find("did you mean 'factor'?"), std::string::npos);
    EXPECT_NE(refused(R"({"factor":0.5})"), "");
    EXPECT_NE(refused(R"({"of":"percentiles","low":50,"high":50})"), "");
    EXPECT_NE(refused(R"({"of":"median","low":5})"), "");
    EXPECT_NE(refused(R"({"over":101})"), "");
    EXPECT_NE(refused(R"({"over":3,"least":4})"), "");
    EXPECT_NE(refused("7"), "");
}

}  // namespace
}  // namespace nightshift::jobs::evidence
