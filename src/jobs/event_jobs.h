#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jobs/job.h"
#include "recorder/event.h"
#include "recorder/matcher.h"

namespace nightshift::jobs {

// An occurrence that an event asks for.
struct EventCall {
    std::string tenant;
    std::string job;
    Time nominal;  // the start of the window the event lies in: all events of a window are one occurrence

    bool operator==(const EventCall&) const = default;
};

// The jobs that events start. Immutable; threads may share it.
class EventJobs {
public:
    explicit EventJobs(const std::vector<JobPtr>& all);

    bool is_empty() const { return jobs_.empty(); }
    const std::vector<JobPtr>& jobs() const { return jobs_; }
    // What the events of a batch ask for, each occurrence once, in the order of their jobs and times. Days
    // that a job's calendar excludes ask for nothing.
    std::vector<EventCall> calls(const recorder::EventBatch& batch) const;

private:
    std::vector<JobPtr> jobs_;
    std::vector<recorder::Matcher> matchers_;  // of jobs_
};

}  // namespace nightshift::jobs
