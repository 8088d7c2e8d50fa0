#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "jobs/collect.h"
#include "jobs/event_jobs.h"
#include "jobs/perform.h"
#include "jobs/service.h"
#include "jobs/supervisor/wakeup.h"

namespace nightshift::jobs {

// What the loop owns.
struct Service::Core : std::enable_shared_from_this<Core> {
    Core(Parts given, Options configured)
        : parts(given),
          options(std::move(configured)),
          engine(options.engine),
          wakeup(parts.loop),
          tasks(parts.loop, "jobs"),
          performer(
              {parts.loop, parts.pool, parts.clock, options.program, options.environment, options.gateway}),
          collector({parts.pool, parts.readers, parts.clock, parts.recorder, options.environment,
                     options.delivery_facts}) {}

    void take(Effects effects);
    void write(const Commit& commit);
    void written(uint64_t id, const Result<void>& result);
    std::optional<Occurrence> decided_by(const std::vector<Transition>& transitions) const;
    void changed(const OccurrenceKey& key);
    Task<> tick();
    Task<> run(StartRun start);
    Task<> stop_run(StopRun stop);
    Task<> collect(Collect collect);
    Task<> audit();
    Task<> audit_soon();
    Task<> prune_old();
    Task<Result<void>> write_now(std::function<Result<void>(store::Database&)> change);
    Result<void> load();
    Task<> load_into(Result<void>& loaded);
    Task<> stop_here();
    std::optional<JobView> view(const JobPtr& job) const;
    void adopt_jobs(const std::vector<JobPtr>& jobs, const std::vector<JobRecord>& records);
    void drop_job(const std::string& tenant, const std::string& name);
    void jobs_changed();
    void start_periodic_work();
    void call(const EventCall& wanted);
    Task<> look_back_for_events();
    Task<> look_back(JobPtr job);

    // Runs `act` with the engine on the loop and takes its effects.
    template <class Act>
    void with_engine(Act act) {
        Effects effects;
        act(engine, parts.clock.now(), effects);
        take(std::move(effects));
    }

    Parts parts;
    Options options;
    Engine engine;
    Wakeup wakeup;
    io::TaskGroup tasks;
    Performer performer;
    Collector collector;
    std::vector<JobPtr> configured;
    std::shared_ptr<const EventJobs> event_jobs;  // replaced on the loop, read by any thread
    std::multimap<uint64_t, std::function<void(Result<void>)>> waiters;  // by commit
    bool is_stopping = false;
    mutable std::mutex audit_mutex;
    std::optional<AuditReport> last_audit;
};

}  // namespace nightshift::jobs
