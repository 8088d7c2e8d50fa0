#include "jobs/schedule/posix_rule.h"

#include <gtest/gtest.h>

#include "jobs/schedule/test_times.h"
#include "jobs/schedule/zone.h"

namespace nightshift::jobs {
namespace {

std::string change_text(const ChangeDay& change, int year, int64_t offset) {
    return text_of(from_unix_us(change_time(change, year, offset) * 1'000'000));
}

TEST(PosixRule, ReadsOffsetsAndDays) {
    const std::optional<PosixRule> berlin = parse_posix_rule("CET-1CEST,M3.5.0,M10.5.0/3");
    ASSERT_TRUE(berlin.has_value());
    EXPECT_EQ(berlin->standard, 3600);
    EXPECT_EQ(berlin->daylight, 7200);
    EXPECT_EQ(change_text(berlin->to_daylight, 2050, 3600), "2050-03-27T01:00:00Z");
    EXPECT_EQ(change_text(berlin->to_standard, 2050, 7200), "2050-10-30T01:00:00Z");
}

TEST(PosixRule, ReadsNamesInBracketsAndOddOffsets) {
    const std::optional<PosixRule> howe = parse_posix_rule("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
    ASSERT_TRUE(howe.has_value());
    EXPECT_EQ(howe->standard, 37'800);
    EXPECT_EQ(howe->daylight, 39'600);
    EXPECT_EQ(change_text(howe->to_daylight, 2050, 37'800), "2050-10-01T15:30:00Z");
    EXPECT_FALSE(parse_posix_rule("IST-5:30")->has_daylight);
    EXPECT_EQ(parse_posix_rule("IST-5:30")->standard, 19'800);
}

TEST(PosixRule, ReadsTimesBeforeAndAfterTheDay) {
    const std::optional<PosixRule> nuuk = parse_posix_rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    ASSERT_TRUE(nuuk.has_value());
    EXPECT_EQ(change_text(nuuk->to_daylight, 2026, -7200), "2026-03-29T01:00:00Z");
    const std::optional<PosixRule> gaza = parse_posix_rule("EET-2EEST,M3.4.4/50,M10.4.4/50");
    ASSERT_TRUE(gaza.has_value());
    EXPECT_EQ(change_text(gaza->to_daylight, 2090, 7200), "2090-03-25T00:00:00Z");
}

TEST(PosixRule, ReadsDaysOfTheYear) {
    const std::optional<PosixRule> rule = parse_posix_rule("AAA3BBB,J60/0,300/0");
    ASSERT_TRUE(rule.has_value());
    EXPECT_EQ(change_text(rule->to_daylight, 2024, 0),
              "2024-03-01T00:00:00Z");  // J60 is March 1 in every year
    EXPECT_EQ(change_text(rule->to_daylight, 2025, 0), "2025-03-01T00:00:00Z");
    EXPECT_EQ(change_text(rule->to_standard, 2024, 0), "2024-10-27T00:00:00Z");  // the 301st day
    EXPECT_EQ(rule->daylight, rule->standard + 3600);
}

TEST(PosixRule, RefusesMistakes) {
    for (const char* bad : {"", "CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                            "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-200", "<CET-1",
                            "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST,J0,J5"})
        EXPECT_FALSE(parse_posix_rule(bad).has_value()) << bad;
}

TEST(Zone, ContinuesWithTheRuleWhereRecordsEnd) {
    Zones zones;
    const auto is_summer = [&](const char* zone, int64_t offset, const char* time) {
        return (*zones.find(zone))->wall_of(unix_us(at(time)) / 1'000'000) - unix_us(at(time)) / 1'000'000 ==
               offset;
    };
    EXPECT_TRUE(is_summer("Europe/Berlin", 7200, "2038-07-01T00:00:00Z"));
    EXPECT_TRUE(is_summer("Europe/Berlin", 3600, "2038-12-01T00:00:00Z"));
    EXPECT_TRUE(is_summer("Europe/Dublin", 3600, "2100-07-01T00:00:00Z"));  // its summer is the standard
    EXPECT_TRUE(is_summer("Europe/Dublin", 0, "2100-01-01T00:00:00Z"));
    EXPECT_TRUE(is_summer("Antarctica/Troll", 7200, "2199-07-01T00:00:00Z"));
    EXPECT_TRUE(is_summer("Asia/Kolkata", 19'800, "2199-07-01T00:00:00Z"));
}

TEST(Zone, FindsWhenAWallTimeIsShown) {
    Zones zones;
    const Zone& berlin = **zones.find("Europe/Berlin");
    const auto shown = [&](const char* wall, const char* from) {
        return text_of(from_unix_us(
            berlin.when_shown(unix_us(at(wall)) / 1'000'000, unix_us(at(from)) / 1'000'000) * 1'000'000));
    };
    EXPECT_EQ(shown("2026-06-01T00:00:00Z", "2026-05-01T00:00:00Z"), "2026-05-31T22:00:00Z");
    EXPECT_EQ(shown("2026-03-29T02:30:00Z", "2026-03-28T00:00:00Z"),
              "2026-03-29T01:00:00Z");  // missing: when past
    EXPECT_EQ(shown("2026-10-25T02:30:00Z", "2026-10-24T00:00:00Z"),
              "2026-10-25T00:30:00Z");  // twice: the first
    EXPECT_EQ(shown("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"), "2026-07-01T00:00:00Z");  // long shown
}

}  // namespace
}  // namespace nightshift::jobs
