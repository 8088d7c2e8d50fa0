#include "jobs/event_jobs.h"

#include <algorithm>

namespace nightshift::jobs {
namespace {

Time window_of(Time time, std::chrono::seconds window) {
    auto since_epoch = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
    auto into = since_epoch % window;
    return Time(since_epoch - (into.count() < 0 ? into + window : into));
}

}  // namespace

EventJobs::EventJobs(const std::vector<JobPtr>& all) {
    for (const JobPtr& job : all) {
        if (job->on_event.empty()) continue;
        auto matcher = recorder::Matcher::parse(job->on_event);
        if (!matcher) continue;  // config check refused it
        jobs_.push_back(job);
        matchers_.push_back(std::move(*matcher));
    }
}

std::vector<EventCall> EventJobs::calls(const recorder::EventBatch& batch) const {
    std::vector<EventCall> all;
    for (size_t i = 0; i < jobs_.size(); ++i) {
        const Job& job = *jobs_[i];
        std::vector<Time> times;
        for (size_t row : matchers_[i].match(batch, job.tenant)) {
            Time time = from_unix_us(batch.events[row].time_us);
            if (job.schedule->allows(time)) times.push_back(window_of(time, job.event_window));
        }
        std::sort(times.begin(), times.end());
        times.erase(std::unique(times.begin(), times.end()), times.end());
        for (Time nominal : times) all.push_back({job.tenant, job.name, nominal});
    }
    return all;
}

}  // namespace nightshift::jobs
