#include "jobs/plan.h"

#include <gtest/gtest.h>

#include "jobs/test_jobs.h"

namespace nightshift::jobs {
namespace {

using testing::at;
using testing::job;

JobPtr hourly(std::string_view catch_up) {
    return job(R"({"name":"hourly","command":"true","schedule":{"cron":"0 * * * *"},"catch_up":)" +
               std::string(catch_up) + "}");
}

std::vector<Occurrence> occurrences(const Job& job, std::initializer_list<const char*> times) {
    std::vector<Occurrence> all;
    for (const char* each : times) {
        Occurrence occurrence;
        occurrence.key = {job.tenant, job.name, at(each)};
        occurrence.start = at(each);
        all.push_back(occurrence);
    }
    return all;
}

std::vector<bool> which_run(const std::vector<Overdue>& decided) {
    std::vector<bool> runs;
    for (const Overdue& each : decided) runs.push_back(each.runs);
    return runs;
}

TEST(Plan, ReachesBeyondTheHorizon) {
    auto daily = job(R"({"name":"d","command":"true","schedule":{"cron":"0 7 * * *"}})");
    Plan plan = plan_ahead({*daily, at("2026-11-22T06:00:00Z"), at("2026-11-22T06:00:00Z")});
    ASSERT_EQ(plan.occurrences.size(), 1u);
    EXPECT_EQ(plan.occurrences[0].key.nominal, at("2026-11-22T07:00:00Z"));
    EXPECT_EQ(plan.planned_until, at("2026-11-22T07:00:00Z"));
    // Enough is planned: nothing to do.
    EXPECT_TRUE(plan_ahead({*daily, plan.planned_until, at("2026-11-22T06:30:00Z")}).occurrences.empty());
}

TEST(Plan, GivesEveryInstantOfGapItsRow) {
    auto each = hourly(R"({"policy":"all","max_lateness":"6h"})");
    Plan plan = plan_ahead({*each, at("2026-11-21T00:00:00Z"), at("2026-11-22T00:30:00Z")});
    ASSERT_EQ(plan.occurrences.size(), 25u);
    EXPECT_EQ(plan.occurrences.front().verdict, Verdict::kMissed);
    EXPECT_FALSE(plan.occurrences.front().why.empty());
    EXPECT_FALSE(plan.occurrences[23].verdict);  // midnight: half an hour ago, may be caught up
    EXPECT_EQ(plan.planned_until, at("2026-11-22T01:00:00Z"));
}

TEST(Plan, CountsGapOfYearsInSteps) {
    auto every_second = job(R"({"name":"s","command":"true","schedule":{"cron":"* * * * * *"}})");
    Time now = at("2026-11-22T00:00:00Z");
    Time until = at("2025-11-22T00:00:00Z");
    Plan first = plan_ahead({*every_second, until, now});
    EXPECT_EQ(first.collapsed, kPlanStepsMax);
    EXPECT_TRUE(first.occurrences.empty());
    EXPECT_EQ(first.collapsed_from, at("2025-11-22T00:00:01Z"));
    EXPECT_EQ(first.planned_until, until + seconds(kPlanStepsMax));
}

TEST(CatchUp, RunsNewestForAllWhenOnce) {
    auto each = hourly(R"({"policy":"once"})");
    auto rows = occurrences(*each, {"2026-11-22T01:00:00Z", "2026-11-22T02:00:00Z", "2026-11-22T03:00:00Z"});
    auto decided = catch_up(*each, rows, at("2026-11-22T03:30:00Z"));
    EXPECT_EQ(which_run(decided), (std::vector<bool>{false, false, true}));
    EXPECT_NE(decided[0].why.find("hourly@2026-11-22T03:00:00Z"), std::string::npos);
}

TEST(CatchUp, RunsOldestFirstUpToItsLimitWhenAll) {
    auto each = hourly(R"({"policy":"all","max":2})");
    auto rows = occurrences(*each, {"2026-11-22T01:00:00Z", "2026-11-22T02:00:00Z", "2026-11-22T03:00:00Z"});
    EXPECT_EQ(which_run(catch_up(*each, rows, at("2026-11-22T03:30:00Z"))),
              (std::vector<bool>{true, true, false}));
}

TEST(CatchUp, RunsNothingWhenSkipOrTooLate) {
    auto skip = hourly(R"({"policy":"skip"})");
    auto rows = occurrences(*skip, {"2026-11-22T01:00:00Z"});
    EXPECT_EQ(which_run(catch_up(*skip, rows, at("2026-11-22T03:30:00Z"))), std::vector<bool>{false});
    auto impatient = hourly(R"({"policy":"all","max_lateness":"1h"})");
    auto decided = catch_up(*impatient, rows, at("2026-11-22T03:30:00Z"));
    EXPECT_EQ(which_run(decided), std::vector<bool>{false});
    EXPECT_NE(decided[0].why.find("more than 1h old"), std::string::npos);
}

}  // namespace
}  // namespace nightshift::jobs
