#include <algorithm>
#include <set>

#include "base/log.h"
#include "jobs/service_core.h"

// Work that recorded events start.
namespace nightshift::jobs {
namespace {

// What was recorded, and not yet planned, when we were killed is this young.
constexpr std::chrono::minutes kLookBack{10};
constexpr uint32_t kLookBackEvents = 10'000;

}  // namespace

void Service::on_batch(const recorder::EventBatch& batch) {
    std::shared_ptr<const EventJobs> jobs = std::atomic_load(&core_->event_jobs);
    if (!jobs || jobs->is_empty()) return;
    std::vector<EventCall> calls = jobs->calls(batch);
    if (calls.empty()) return;
    core_->parts.loop.post([core = core_, calls = std::move(calls)] {
        for (const EventCall& each : calls) core->call(each);
    });
}

void Service::Core::call(const EventCall& wanted) {
    if (is_stopping) return;
    with_engine([&](Engine& each, Time now, Effects& effects) {
        auto called = each.trigger_at(wanted.tenant, wanted.job, wanted.nominal, now, effects);
        if (!called) log::info("jobs", "an event started nothing: {}", called.error().message);
    });
}

Task<> Service::Core::look_back_for_events() {
    std::shared_ptr<const EventJobs> jobs = std::atomic_load(&event_jobs);
    if (parts.recorder == nullptr || !jobs) co_return;
    for (const JobPtr& job : jobs->jobs()) {
        if (job->catch_up != CatchUp::kSkip) co_await look_back(job);
    }
}

// Plans what recorded events asked for and nobody planned, because we died in between.
Task<> Service::Core::look_back(JobPtr job) {
    Time since = parts.clock.now() - std::min<std::chrono::seconds>(kLookBack, job->catch_up_max_lateness);
    std::function<Result<std::vector<EventCall>>()> look = [this, job,
                                                            since]() -> Result<std::vector<EventCall>> {
        recorder::EventQuery query;
        query.scope.tenant = job->tenant;
        query.scope.from_us = unix_us(since);
        query.where = job->on_event;
        query.limit = kLookBackEvents;
        NS_TRY(recorder::EventPage page, parts.recorder->events(query));
        std::vector<EventCall> calls;
        if (page.batch) calls = EventJobs({job}).calls(*page.batch);
        return parts.readers.read<std::vector<EventCall>>(
            [&](store::Database& db) -> Result<std::vector<EventCall>> {
                std::erase_if(calls, [&](const EventCall& each) {
                    return find_occurrence(db, {each.tenant, each.job, each.nominal}).has_value();
                });
                return calls;
            });
    };
    Result<std::vector<EventCall>> calls = co_await parts.pool.run<std::vector<EventCall>>(std::move(look));
    if (!calls) {
        log::warn("jobs", "events that may start job {} could not be read: {}", job->name,
                  calls.error().message);
        co_return;
    }
    size_t count = job->catch_up == CatchUp::kOnce ? 1 : job->catch_up_max;
    if (calls->size() > count) calls->erase(calls->begin(), calls->end() - static_cast<ptrdiff_t>(count));
    for (const EventCall& each : *calls) call(each);
}

}  // namespace nightshift::jobs
