#include "jobs/admit.h"

#include <gtest/gtest.h>

namespace nightshift::jobs {
namespace {

using Kind = Admission::Kind;

Kind admitted(Overlap overlap, const Surroundings& around) {
    Job job;
    job.overlap = overlap;
    return admit(job, around).kind;
}

TEST(Admit, FollowsOverlapPolicy) {
    Surroundings running{.job_in_flight = 1};
    EXPECT_EQ(admitted(Overlap::kSkip, running), Kind::kSkip);
    EXPECT_EQ(admitted(Overlap::kQueue, running), Kind::kWait);
    EXPECT_EQ(admitted(Overlap::kReplace, running), Kind::kReplace);
    EXPECT_EQ(admitted(Overlap::kAllow, running), Kind::kStart);
    Surroundings queued{.job_in_flight = 1, .job_queued = 1};
    EXPECT_EQ(admitted(Overlap::kQueue, queued), Kind::kSkip);
    EXPECT_EQ(admitted(Overlap::kSkip, {}), Kind::kStart);
}

TEST(Admit, WaitsForGroupAndForAllRuns) {
    Job job;
    job.concurrency_group = "gpu";
    job.concurrency_max = 2;
    EXPECT_EQ(admit(job, {.group_in_flight = 1}).kind, Kind::kStart);
    EXPECT_EQ(admit(job, {.group_in_flight = 2}).kind, Kind::kWait);
    EXPECT_EQ(admit(job, {.runs_in_flight = 64, .runs_max = 64}).kind, Kind::kWait);
}

TEST(Admit, NeverBurstsWhenCatchingUp) {
    Job job;
    EXPECT_EQ(admit(job, {.is_catch_up = true, .catch_ups_in_flight = 3}).kind, Kind::kStart);
    EXPECT_EQ(admit(job, {.is_catch_up = true, .catch_ups_in_flight = 4}).kind, Kind::kWait);
    EXPECT_EQ(admit(job, {.is_catch_up = true, .is_catch_up_budget_spent = true}).kind, Kind::kSkip);
}

TEST(Admit, SaysWhyPausedJobIsSkipped) {
    Admission admission = admit(Job(), {.is_paused = true, .paused_why = "moving house"});
    EXPECT_EQ(admission.kind, Kind::kSkip);
    EXPECT_NE(admission.why.find("moving house"), std::string::npos);
}

}  // namespace
}  // namespace nightshift::jobs
