#include "jobs/schedule/schedule.h"

#include <fmt/chrono.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/schedule/test_times.h"

namespace nightshift::jobs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;

Schedule cron(std::string expression, std::string zone = "UTC") {
    ScheduleSpec spec;
    spec.cron = std::move(expression);
    spec.zone = std::move(zone);
    Result<Schedule> schedule = Schedule::parse(spec);
    EXPECT_TRUE(schedule.has_value()) << schedule.error().message;
    return *schedule;
}

std::string error_of(const ScheduleSpec& spec) {
    const Result<Schedule> schedule = Schedule::parse(spec);
    if (schedule) return "it was accepted";
    EXPECT_EQ(schedule.error().code, Code::kInvalid);
    return schedule.error().message;
}

std::string error_of_cron(std::string expression) {
    ScheduleSpec spec;
    spec.cron = std::move(expression);
    return error_of(spec);
}

std::vector<std::string> next_times(const Schedule& schedule, std::string_view after, size_t count) {
    std::vector<std::string> times;
    for (const Planned& planned : schedule.preview(at(after), count))
        times.push_back(text_of(planned.nominal));
    return times;
}

std::vector<std::string> next_notes(const Schedule& schedule, std::string_view after, size_t count) {
    std::vector<std::string> notes;
    for (const Planned& planned : schedule.preview(at(after), count)) notes.push_back(planned.note);
    return notes;
}

TEST(Schedule, PlansAWorkdayEveryQuarterOfAnHour) {
    EXPECT_THAT(next_times(cron("*/15 9-17 * * mon-fri", "Europe/Berlin"), "2026-11-20T16:30:00Z", 3),
                ElementsAre("2026-11-20T16:45:00Z", "2026-11-23T08:00:00Z", "2026-11-23T08:15:00Z"));
}

TEST(Schedule, AnswersStrictlyAfterAlsoBetweenSeconds) {
    const Schedule schedule = cron("* * * * * *");
    EXPECT_EQ(schedule.next(at("2026-01-01T00:00:00Z"))->nominal, at("2026-01-01T00:00:01Z"));
    EXPECT_EQ(schedule.next(at("2026-01-01T00:00:00Z") - microseconds(1))->nominal,
              at("2026-01-01T00:00:00Z"));
    EXPECT_EQ(schedule.next(at("2026-01-01T00:00:00Z") + microseconds(1))->nominal,
              at("2026-01-01T00:00:01Z"));
}

TEST(Schedule, StartsIn1970AndEndsIn2199) {
    const Schedule schedule = cron("@daily");
    EXPECT_EQ(schedule.next(at("1960-05-05T00:00:00Z"))->nominal, at("1970-01-01T00:00:00Z"));
    EXPECT_EQ(schedule.next(at("2199-12-30T00:00:00Z"))->nominal, at("2199-12-31T00:00:00Z"));
    EXPECT_FALSE(schedule.next(at("2199-12-31T00:00:00Z")).has_value());
    EXPECT_FALSE(schedule.next(at("2400-01-01T00:00:00Z")).has_value());
}

TEST(Schedule, FindsDaysThatAreYearsAway) {
    EXPECT_THAT(next_times(cron("0 0 29 2 *"), "2096-03-01T00:00:00Z", 2),
                ElementsAre("2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"));
    // A February 29 that is a Sunday: the star of */7 asks for both.
    EXPECT_THAT(next_times(cron("0 0 29 2 */7"), "2088-03-01T00:00:00Z", 1),
                ElementsAre("2128-02-29T00:00:00Z"));
}

TEST(Schedule, RunsOnceAfterTheGapWhenAFixedTimeIsMissing) {
    const Schedule schedule = cron("30 2 * * *", "Europe/Berlin");
    EXPECT_THAT(next_times(schedule, "2026-03-28T12:00:00Z", 2),
                ElementsAre("2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"));
    EXPECT_THAT(
        next_notes(schedule, "2026-03-28T12:00:00Z", 2),
        ElementsAre("clocks went forward over 02:30 of 2026-03-29: runs at 03:00, the first valid time", ""));
}

TEST(Schedule, JoinsMissingTimesWithEachOtherAndWithTheRegularOne) {
    EXPECT_THAT(next_times(cron("15,45 2,3 * * *", "Europe/Berlin"), "2026-03-28T12:00:00Z", 3),
                ElementsAre("2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", "2026-03-29T01:45:00Z"));
    EXPECT_THAT(next_times(cron("0 2,3 * * *", "Europe/Berlin"), "2026-03-28T12:00:00Z", 2),
                ElementsAre("2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"));
}

TEST(Schedule, RunsAFixedTimeOnceWhenItComesTwice) {
    const Schedule schedule = cron("30 2 * * *", "Europe/Berlin");
    EXPECT_THAT(next_times(schedule, "2026-10-24T12:00:00Z", 2),
                ElementsAre("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"));
    EXPECT_THAT(next_notes(schedule, "2026-10-24T12:00:00Z", 2),
                ElementsAre("clocks go back and 02:30 comes twice: runs the first time only", ""));
    // Asked between the two, or in the second: it was run.
    EXPECT_THAT(next_times(schedule, "2026-10-25T00:45:00Z", 1), ElementsAre("2026-10-26T01:30:00Z"));
    EXPECT_THAT(next_times(schedule, "2026-10-25T01:10:00Z", 1), ElementsAre("2026-10-26T01:30:00Z"));
}

TEST(Schedule, FollowsElapsedTimeWithAnInterval) {
    const Schedule hourly = cron("30 * * * *", "America/New_York");
    EXPECT_THAT(next_times(hourly, "2025-03-09T06:00:00Z", 3),
                ElementsAre("2025-03-09T06:30:00Z", "2025-03-09T07:30:00Z", "2025-03-09T08:30:00Z"));
    EXPECT_THAT(next_times(hourly, "2025-11-02T05:00:00Z", 3),
                ElementsAre("2025-11-02T05:30:00Z", "2025-11-02T06:30:00Z", "2025-11-02T07:30:00Z"));
    EXPECT_THAT(next_notes(hourly, "2025-11-02T05:00:00Z", 3),
                ElementsAre("", "clocks went back: 01:30 for the second time", ""));
}

TEST(Schedule, RunsOnceWhenTheGapTakesAllTimesOfTheDay) {
    EXPECT_THAT(next_times(cron("*/20 2 * * *", "America/New_York"), "2025-03-09T06:00:00Z", 2),
                ElementsAre("2025-03-09T07:00:00Z", "2025-03-10T06:00:00Z"));
    // Half of them are left.
    EXPECT_THAT(next_times(cron("*/30 2-3 * * *", "America/New_York"), "2025-03-09T06:00:00Z", 2),
                ElementsAre("2025-03-09T07:00:00Z", "2025-03-09T07:30:00Z"));
}

TEST(Schedule, KnowsShiftsOfHalfAnHour) {
    EXPECT_THAT(next_times(cron("15 2 * * *", "Australia/Lord_Howe"), "2025-10-04T10:00:00Z", 2),
                ElementsAre("2025-10-04T15:30:00Z", "2025-10-05T15:15:00Z"));
    EXPECT_THAT(next_times(cron("45 1 * * *", "Australia/Lord_Howe"), "2025-04-05T10:00:00Z", 2),
                ElementsAre("2025-04-05T14:45:00Z", "2025-04-06T15:15:00Z"));
    EXPECT_THAT(next_times(cron("* 16 * * *", "Australia/Lord_Howe"), "2025-10-04T09:06:00Z", 1),
                ElementsAre("2025-10-05T05:00:00Z"));
}

TEST(Schedule, MakesUpForASkippedDay) {
    // Samoa had no December 30 in 2011: the 31st begins at 10:00 UTC of the 30th.
    const Schedule schedule = cron("30 12 * * *", "Pacific/Apia");
    EXPECT_THAT(next_times(schedule, "2011-12-29T00:00:00Z", 3),
                ElementsAre("2011-12-29T22:30:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:30:00Z"));
    EXPECT_THAT(
        next_notes(schedule, "2011-12-29T00:00:00Z", 2),
        ElementsAre("", "clocks went forward over 12:30 of 2011-12-30: runs at 00:00, the first valid time"));
    EXPECT_THAT(next_times(cron("*/30 * * * *", "Pacific/Apia"), "2011-12-30T09:15:00Z", 3),
                ElementsAre("2011-12-30T09:30:00Z", "2011-12-30T10:00:00Z", "2011-12-30T10:30:00Z"));
}

TEST(Schedule, KnowsTheRuleBeyondTheRecordedYears) {
    EXPECT_THAT(next_times(cron("0 12 1 7 *", "Europe/Berlin"), "2050-01-01T00:00:00Z", 1),
                ElementsAre("2050-07-01T10:00:00Z"));
    EXPECT_THAT(next_times(cron("30 2 * * *", "America/New_York"), "2199-03-09T12:00:00Z", 1),
                ElementsAre("2199-03-10T07:00:00Z"));
}

TEST(Schedule, PlansPeriodsFromTheEpochOrAnAnchor) {
    ScheduleSpec spec;
    spec.every = minutes(90);
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2026-01-01T00:00:00Z", 2),
                ElementsAre("2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"));
    spec.anchor = at("2026-01-01T00:10:00Z");
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2025-06-01T00:00:00Z", 2),
                ElementsAre("2026-01-01T00:10:00Z", "2026-01-01T01:40:00Z"));
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2026-01-01T00:10:00Z", 1),
                ElementsAre("2026-01-01T01:40:00Z"));
    EXPECT_THAT(next_times(cron("@every 1h30m"), "2026-01-01T00:00:00Z", 2),
                ElementsAre("2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"));
}

TEST(Schedule, LeavesOutExceptedDaysOfThePeriodInTheZone) {
    ScheduleSpec spec;
    spec.every = hours(6);
    spec.zone = "Asia/Kolkata";
    spec.calendar = {{"2026-05-01"}};
    // The first of May there lasts from 18:30 to 18:30 UTC.
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2026-04-30T17:00:00Z", 3),
                ElementsAre("2026-04-30T18:00:00Z", "2026-05-02T00:00:00Z", "2026-05-02T06:00:00Z"));
    spec.every = hours(24);
    spec.calendar = {{"mon-sun"}};
    EXPECT_FALSE(Schedule::parse(spec)->next(at("2026-04-30T18:00:00Z")).has_value());
}

TEST(Schedule, PlansOnce) {
    ScheduleSpec spec;
    spec.at = at("2026-05-01T10:00:00Z");
    const Schedule schedule = *Schedule::parse(spec);
    EXPECT_THAT(next_times(schedule, "2026-05-01T09:59:59Z", 3), ElementsAre("2026-05-01T10:00:00Z"));
    EXPECT_THAT(next_times(schedule, "2026-05-01T10:00:00Z", 3), ElementsAre());
    spec.calendar = {{"fri"}};
    EXPECT_THAT(error_of(spec), HasSubstr("would never run"));
}

TEST(Schedule, PlansNothingAheadForEvents) {
    ScheduleSpec spec;
    spec.on_event = "kind = deploy";
    spec.calendar = {{"sat,sun"}};
    const Schedule schedule = *Schedule::parse(spec);
    EXPECT_FALSE(schedule.is_planned_ahead());
    EXPECT_FALSE(schedule.next(at("2026-05-01T09:59:59Z")).has_value());
    EXPECT_TRUE(schedule.allows(at("2026-11-20T12:00:00Z")));
    EXPECT_FALSE(schedule.allows(at("2026-11-21T12:00:00Z")));
}

TEST(Schedule, LeavesOutWhatTheCalendarExcepts) {
    ScheduleSpec spec;
    spec.cron = "0 8 * * *";
    spec.calendar = {{"--12-24..--12-26"}, {"2026-12-28"}, {"sat,sun"}};
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2026-12-23T00:00:00Z", 3),
                ElementsAre("2026-12-23T08:00:00Z", "2026-12-29T08:00:00Z", "2026-12-30T08:00:00Z"));
    spec.calendar = {{"2026-12-24..2027-01-02"}};
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2026-12-23T12:00:00Z", 1),
                ElementsAre("2027-01-03T08:00:00Z"));
}

TEST(Schedule, KeepsToTheOnlyDaysOfTheCalendar) {
    ScheduleSpec spec;
    spec.cron = "0 8 * * *";
    spec.calendar = {{"2026-12-24..2026-12-26", true}, {"--12-31", true}, {"2026-12-25"}};
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2026-01-01T00:00:00Z", 4),
                ElementsAre("2026-12-24T08:00:00Z", "2026-12-26T08:00:00Z", "2026-12-31T08:00:00Z",
                            "2027-12-31T08:00:00Z"));
}

TEST(Schedule, ExceptsAMissingTimeByItsOwnDay) {
    ScheduleSpec spec;
    spec.cron = "30 12 * * *";
    spec.zone = "Pacific/Apia";
    spec.calendar = {{"2011-12-30"}};
    EXPECT_THAT(next_times(*Schedule::parse(spec), "2011-12-29T00:00:00Z", 2),
                ElementsAre("2011-12-29T22:30:00Z", "2011-12-30T22:30:00Z"));
}

TEST(Schedule, SpreadsStartsOverTheWholeSpreadAndAlwaysAlike) {
    ScheduleSpec spec;
    spec.cron = "@hourly";
    spec.spread = minutes(10);
    const Schedule schedule = *Schedule::parse(spec);
    const Time nominal = at("2026-05-01T10:00:00Z");
    std::array<int, 10> by_minute{};
    for (int i = 0; i < 10'000; ++i) {
        const std::string job = "job-" + std::to_string(i);
        const Time start = schedule.start_of(nominal, job);
        EXPECT_EQ(start, Schedule::parse(spec)->start_of(nominal, job));
        ASSERT_GE(start, nominal);
        ASSERT_LT(start, nominal + minutes(10));
        ++by_minute[static_cast<size_t>((start - nominal) / minutes(1))];
    }
    for (const int count : by_minute) EXPECT_NEAR(count, 1000, 150);
    EXPECT_NE(schedule.start_of(nominal, "a") - nominal,
              schedule.start_of(nominal + hours(1), "a") - nominal - hours(1));
    EXPECT_EQ(cron("@hourly").start_of(nominal, "a"), nominal);
}

TEST(Schedule, RefusesZonesThatDoNotExistAndNamesTheNearest) {
    ScheduleSpec spec;
    spec.cron = "@daily";
    for (const auto& [zone, near] : {std::pair{"Europe/Berln", "Europe/Berlin"},
                                     {"europe/berlin", "Europe/Berlin"},
                                     {"America/Newyork", "America/New_York"},
                                     {"utc", "UTC"}}) {
        spec.zone = zone;
        EXPECT_THAT(error_of(spec), HasSubstr(std::string("the nearest name is ") + near));
    }
    for (const char* zone :
         {"", "localtime", "right/UTC", "posixrules", "../../etc/passwd", "Mars/Olympus_Mons", "\xff"}) {
        spec.zone = zone;
        EXPECT_THAT(error_of(spec), HasSubstr("zone"));
    }
}

TEST(Schedule, NamesTheTzdataItUses) {
    EXPECT_THAT(cron("@daily", "Europe/Berlin").tzdata_version(),
                testing::MatchesRegex("20[0-9][0-9][a-z]+"));
    EXPECT_EQ(cron("@daily").tzdata_version(), "");
}

TEST(Schedule, SharesAZoneBetweenSchedules) {
    Zones zones;
    EXPECT_EQ(*zones.find("Europe/Berlin"), *zones.find("Europe/Berlin"));
}

TEST(Schedule, WantsExactlyOneKind) {
    EXPECT_THAT(error_of({}), HasSubstr("needs one of"));
    ScheduleSpec spec;
    spec.cron = "@daily";
    spec.every = hours(1);
    EXPECT_THAT(error_of(spec), HasSubstr("both cron and every"));
}

TEST(Schedule, RefusesOptionsOutOfRange) {
    ScheduleSpec spec;
    spec.every = std::chrono::seconds(-1);
    EXPECT_THAT(error_of(spec), HasSubstr("every"));
    spec.every = hours(1);
    spec.spread = hours(2);
    EXPECT_THAT(error_of(spec), HasSubstr("spread"));
    spec.spread = -hours(1);
    EXPECT_THAT(error_of(spec), HasSubstr("spread"));
    spec = {};
    spec.cron = "@daily";
    spec.anchor = at("2026-01-01T00:00:00Z");
    EXPECT_THAT(error_of(spec), HasSubstr("anchor"));
    spec = {};
    spec.at = at("2300-01-01T00:00:00Z");
    EXPECT_THAT(error_of(spec), HasSubstr("at is out of range"));
    for (const char* period :
         {"@every", "@every 5", "@every 5x", "@every 0s", "@every 5m1h", "@every 99999d", "@every 5m 1s"})
        EXPECT_THAT(error_of_cron(period), HasSubstr("every"));
}

TEST(Schedule, RefusesDatesThatNeverCome) {
    for (const char* never :
         {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30,31 2 *", "0 0 31 2 */3", "0 0 L-30 2 *", "0 0 30W 2 *"})
        EXPECT_THAT(error_of_cron(never), HasSubstr("would never run")) << never;
    ScheduleSpec spec;
    spec.cron = "0 0 25 12 *";
    spec.calendar = {{"--12-20..--01-06"}};
    EXPECT_THAT(error_of(spec), HasSubstr("the calendar excludes every day"));
}

}  // namespace
}  // namespace nightshift::jobs
