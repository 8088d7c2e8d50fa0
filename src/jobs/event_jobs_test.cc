#include "jobs/event_jobs.h"

#include <gtest/gtest.h>

#include "jobs/test_jobs.h"

namespace nightshift::jobs {
namespace {

using testing::at;
using testing::job;

recorder::Event failure(std::string_view time) {
    recorder::Event event;
    event.tenant = "default";
    event.kind = recorder::Kind::kTurn;
    event.status = recorder::Status::kError;
    event.time_us = unix_us(at(time));
    return event;
}

TEST(EventJobs, CallsOnceForAllEventsOfAWindow) {
    EventJobs jobs(
        {job(R"({"name":"fix","command":"true","schedule":{"on_event":"status = error","window":"5m"}})"),
         job(R"({"name":"other","command":"true","schedule":{"cron":"* * * * *"}})")});
    recorder::EventBatch batch;
    for (const char* time : {"2026-11-22T07:01:00Z", "2026-11-22T07:04:59Z", "2026-11-22T07:05:00Z"})
        batch.events.push_back(failure(time));
    EventCall first{"default", "fix", at("2026-11-22T07:00:00Z")};
    EventCall second{"default", "fix", at("2026-11-22T07:05:00Z")};
    EXPECT_EQ(jobs.calls(batch), (std::vector<EventCall>{first, second}));
}

TEST(EventJobs, KeepsToTheCalendar) {
    EventJobs jobs({job(
        R"({"name":"fix","command":"true","schedule":{"on_event":"status = error","except":["2026-11-22"]}})")});
    recorder::EventBatch batch;
    batch.events.push_back(failure("2026-11-22T07:01:00Z"));
    EXPECT_TRUE(jobs.calls(batch).empty());
    batch.events.push_back(failure("2026-11-23T07:01:00Z"));
    EXPECT_EQ(jobs.calls(batch).size(), 1u);
}

}  // namespace
}  // namespace nightshift::jobs
