// The search against a walk over every minute or second, on random expressions, zones and times.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "jobs/schedule/schedule.h"
#include "jobs/schedule/test_naive_cron.h"
#include "jobs/schedule/test_times.h"

namespace nightshift::jobs {
namespace {

constexpr int64_t kDay = 86'400;
constexpr const char* kZones[] = {
    "Europe/Berlin",     "America/New_York",   "Australia/Lord_Howe", "Pacific/Apia",
    "Asia/Kolkata",      "America/Sao_Paulo",  "Asia/Beirut",         "America/Havana",
    "Africa/Casablanca", "Pacific/Chatham",    "Antarctica/Troll",    "Atlantic/Azores",
    "Asia/Tehran",       "Europe/Dublin",      "Asia/Gaza",           "America/Nuuk",
    "America/Caracas",   "Pacific/Kiritimati", "America/Goose_Bay",   "Asia/Amman",
    "Pacific/Easter",    "Asia/Pyongyang",     "Asia/Kathmandu",      "America/Scoresbysund",
    "Africa/Cairo",      "Pacific/Kwajalein",  "Antarctica/Casey",    "Europe/Lisbon",
    "America/Santiago",  "Africa/Monrovia"};

// A time near a change of the zone's clocks between 1990 and 2037, or any time where there is none.
int64_t interesting_time(const date::time_zone& zone, Random& random, int64_t before_max) {
    const int64_t from = 7305 * kDay;
    const int64_t any = from + static_cast<int64_t>(random.below(17'000)) * kDay;
    const date::sys_info info = zone.get_info(date::sys_seconds(std::chrono::seconds(any)));
    const int64_t end = info.end.time_since_epoch().count();
    const int64_t near = end < 24'800 * kDay ? end : any;
    return near - static_cast<int64_t>(random.below(static_cast<uint64_t>(before_max))) + 7200;
}

std::vector<int64_t> search(const NaiveCron& cron, const std::string& zone, int64_t after, int64_t until,
                            size_t count_max, Zones& zones) {
    ScheduleSpec spec;
    spec.cron = cron.text;
    spec.zone = zone;
    const Result<Schedule> schedule = Schedule::parse(spec, zones);
    if (!schedule) return {-1};
    std::vector<int64_t> times;
    for (const Planned& planned : schedule->preview(from_unix_us(after * 1'000'000), count_max)) {
        const int64_t time = unix_us(planned.nominal) / 1'000'000;
        if (time > until) break;
        times.push_back(time);
    }
    return times;
}

std::string list_of(const std::vector<int64_t>& times) {
    std::string text;
    for (const int64_t time : times) text += text_of(from_unix_us(time * 1'000'000)) + " ";
    return text;
}

void expect_agreement(const NaiveCron& cron, const std::string& zone, int64_t after, int64_t until,
                      Zones& zones) {
    constexpr size_t kCount = 8;
    const std::vector<int64_t> walked = walk(cron, *date::locate_zone(zone), after, until, kCount);
    const std::vector<int64_t> found = search(cron, zone, after, until, kCount, zones);
    // The parser refuses what never happens.
    if (found == std::vector<int64_t>{-1} && walked.empty()) return;
    EXPECT_EQ(list_of(found), list_of(walked))
        << fmt::format("{} | {} | after {}", cron.text, zone, text_of(from_unix_us(after * 1'000'000)));
}

TEST(NaiveCron, AgreesOnMinutesAroundChangesOfClocks) {
    Zones zones;
    Random random(20260329);
    for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
        NaiveCron cron = NaiveCron::random(random);
        while (cron.has_seconds) cron = NaiveCron::random(random);
        const std::string zone = kZones[random.below(std::size(kZones))];
        const int64_t after = interesting_time(*date::locate_zone(zone), random, 3 * kDay);
        expect_agreement(cron, zone, after, after + 6 * kDay, zones);
    }
}

TEST(NaiveCron, AgreesOnSecondsAroundChangesOfClocks) {
    Zones zones;
    Random random(20261025);
    for (int i = 0; i < 500 && !testing::Test::HasFailure(); ++i) {
        NaiveCron cron = NaiveCron::random(random);
        while (!cron.has_seconds) cron = NaiveCron::random(random);
        const std::string zone = kZones[random.below(std::size(kZones))];
        const int64_t after = interesting_time(*date::locate_zone(zone), random, 6 * 3600);
        expect_agreement(cron, zone, after, after + kDay / 2, zones);
    }
}

TEST(NaiveCron, AgreesOnDaysOverYears) {
    Zones zones;
    Random random(20240229);
    for (int i = 0; i < 400 && !testing::Test::HasFailure(); ++i) {
        const NaiveCron cron = NaiveCron::random_days(random);
        const int64_t after = static_cast<int64_t>(random.below(24'000)) * kDay + 3600;
        std::vector<int64_t> walked;
        for (int64_t day = after / kDay + 1; walked.size() < 5 && day < after / kDay + 3000; ++day) {
            if (cron.has_day(date::local_days(date::days(day)))) walked.push_back(day * kDay);
        }
        const std::vector<int64_t> found = search(cron, "UTC", after, (after / kDay + 2999) * kDay, 5, zones);
        if (found == std::vector<int64_t>{-1} && walked.empty()) continue;
        EXPECT_EQ(list_of(found), list_of(walked)) << cron.text;
    }
}

TEST(NaiveCron, AgreesWithTheLibraryOnEveryOffsetOfEveryZone) {
    Zones zones;
    size_t compared = 0;
    for (const date::time_zone& theirs : date::get_tzdb().zones) {
        if (theirs.name() == "localtime") continue;
        const Result<std::shared_ptr<const Zone>> ours = zones.find(theirs.name());
        ASSERT_TRUE(ours.has_value()) << ours.error().message;
        for (int64_t day = 0; day < 24'800; day += 31) {  // until the end of 2037
            const int64_t time = day * kDay + day % 24 * 3600;
            const date::sys_info info = theirs.get_info(date::sys_seconds(std::chrono::seconds(time)));
            ASSERT_EQ((*ours)->wall_of(time) - time, info.offset.count()) << theirs.name() << " " << time;
            ++compared;
        }
    }
    EXPECT_GT(compared, 100'000u);
}

}  // namespace
}  // namespace nightshift::jobs
