#include "jobs/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "base/log.h"
#include "io/blocking.h"
#include "io/completion.h"
#include "io/periodic.h"
#include "jobs/collect.h"
#include "jobs/perform.h"
#include "jobs/supervisor/wakeup.h"
#include "jobs/words.h"

namespace nightshift::jobs {
namespace {

constexpr std::chrono::seconds kAuditEvery{60};
constexpr std::chrono::seconds kPruneEvery{600};
constexpr size_t kPruneMax = 2'000;
// The plan is compared with the schedule this far back.
constexpr std::chrono::hours kAuditPlanSince{2};
constexpr std::chrono::milliseconds kSleepMax{60'000};  // a clock that jumped is seen at least so soon

JobRecord record_of(const Job& job) {
    JobRecord record;
    record.tenant = job.tenant;
    record.name = job.name;
    record.definition = job.definition;
    record.revision = job.revision;
    record.is_from_config = job.is_from_config;
    return record;
}

// The configuration's jobs replace those it had before.
Result<void> write_configured(store::Database& db, const std::vector<JobPtr>& jobs, Time now) {
    std::set<std::pair<std::string, std::string>> wanted;
    for (const JobPtr& job : jobs) {
        wanted.insert({job->tenant, job->name});
        if (auto done = upsert_job(db, record_of(*job), now); !done) return done;
    }
    NS_TRY(std::vector<JobRecord> known, load_jobs(db));
    for (const JobRecord& record : known) {
        if (!record.is_from_config || wanted.contains({record.tenant, record.name})) continue;
        if (auto done = remove_job(db, record.tenant, record.name, now); !done) return done;
    }
    return {};
}

}  // namespace

// What the loop owns.
struct Service::Core : std::enable_shared_from_this<Core> {
    Core(Parts given, Options configured)
        : parts(given), options(std::move(configured)), engine(options.engine), wakeup(parts.loop), tasks(parts.loop, "jobs"),
          performer({parts.loop, parts.pool, parts.clock, options.program, options.environment}),
          collector({parts.pool, parts.readers, parts.clock, parts.recorder, options.environment, options.delivery_facts}) {}

    void take(Effects effects);
    void write(const Commit& commit);
    void changed(const OccurrenceKey& key);
    Task<> tick();
    Task<> run(StartRun start);
    Task<> collect(Collect collect);
    Task<> audit();
    Task<> prune_old();
    std::optional<JobView> view(const JobPtr& job) const;

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
    std::map<std::pair<std::string, std::string>, JobRecord> records;
    std::map<uint64_t, std::function<void(Result<void>)>> waiters;  // by commit
    bool is_stopping = false;
    mutable std::mutex audit_mutex;
    std::optional<AuditReport> last_audit;
};

void Service::Core::changed(const OccurrenceKey& key) {
    if (!options.on_change) return;
    if (auto open = engine.open(key)) options.on_change(*open);
}

// Commits go first in the order they were decided; effects of commits follow when the writer has answered.
void Service::Core::take(Effects effects) {
    for (const Commit& each : effects.commits) write(each);
    for (StartRun& each : effects.starts) {
        if (is_stopping) continue;
        tasks.spawn([this, start = std::move(each)] { return run(start); });
    }
    for (const StopRun& each : effects.stops) performer.stop(each);
    for (Collect& each : effects.collects) {
        if (is_stopping) continue;
        tasks.spawn([this, look = std::move(each)] { return collect(look); });
    }
    for (const OccurrenceKey& key : effects.changed) changed(key);
    wakeup.wake();
}

void Service::Core::write(const Commit& commit) {
    auto self = shared_from_this();
    bool has_deliveries = std::any_of(commit.transitions->begin(), commit.transitions->end(), [](const Transition& each) {
        const auto* end = std::get_if<EndRun>(&each);
        return end != nullptr && !end->deliveries.empty();
    });
    auto change = [self, transitions = commit.transitions](store::Database& db) -> Result<void> {
        for (const Transition& each : *transitions) {
            if (auto done = apply(db, each, self->options.enqueue); !done) return done;
        }
        return {};
    };
    auto done = [self, id = commit.id, has_deliveries, transitions = commit.transitions](Result<void> result) {
        self->parts.loop.post([self, id, has_deliveries, transitions, result = std::move(result)] {
            if (!result) log::warn("jobs", "the ledger refused a transition: {}", result.error().message);
            auto waiter = self->waiters.extract(id);
            self->with_engine([&](Engine& engine, Time now, Effects& effects) { engine.committed(id, result, now, effects); });
            if (waiter) waiter.mapped()(result);
            if (result && has_deliveries && self->options.wake_deliveries) self->options.wake_deliveries();
            if (!result || !self->options.on_change) return;
            for (const Transition& each : *transitions) {
                if (const auto* decide = std::get_if<Decide>(&each)) self->publish_decided(*decide);
            }
        });
    };
    parts.writer.post(std::move(change), std::move(done));
}

Task<> Service::Core::tick() {
    for (;;) {
        Time now = parts.clock.now();
        if (engine.next_due() <= now && !is_stopping) {
            with_engine([](Engine& each, Time at, Effects& effects) { each.step(at, effects); });
        }
        Time next = engine.next_due();
        auto wait = kSleepMax;
        if (next - parts.clock.now() < wait)
            wait = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(next - parts.clock.now()));
        co_await wakeup.wait(wait);
    }
}

Task<> Service::Core::run(StartRun start) {
    std::filesystem::path folder = run_folder_of(options.folder, start.key, start.attempt);
    if (!start.may_have_started) {
        std::string baselines = co_await collector.baselines(start);
        if (!baselines.empty()) {
            NoteBaselines note{start.key, start.fence, start.attempt, std::move(baselines)};
            store::Writer::Change change = [note = std::move(note)](store::Database& db) { return apply(db, note, {}); };
            Result<void> noted = co_await parts.writer.commit(std::move(change));
            if (!noted) log::warn("jobs", "{}: {}", occurrence_id(start.key), noted.error().message);
        }
    }
    bool is_ours = std::holds_alternative<Command>(start.job->action) || std::holds_alternative<HttpAction>(start.job->action);
    std::optional<Execution> execution;
    if (is_ours) {
        execution = co_await performer.perform(start, folder);
    } else if (options.run_elsewhere) {
        execution = co_await options.run_elsewhere(start);
    } else {
        execution.emplace();
        execution->error = "nothing here can start such work";
    }
    with_engine([&](Engine& each, Time now, Effects& effects) {
        if (execution) {
            each.run_ended(start.key, start.fence, *execution, now, effects);
        } else {
            each.never_started(start.key, start.fence, now, effects);
        }
    });
}

Task<> Service::Core::collect(Collect look) {
    Observed seen = co_await collector.observe(look);
    with_engine([&](Engine& each, Time now, Effects& effects) {
        each.observed(look.key, look.fence, std::move(seen), now, effects);
    });
}

// The identity, and the plan of the last hours against the schedules. What it finds is shown, never mended.
Task<> Service::Core::audit() {
    AuditReport report;
    report.time = parts.clock.now();
    std::vector<JobPtr> jobs = engine.jobs();
    std::function<Result<AuditReport>()> look = [this, report, jobs]() -> Result<AuditReport> {
        return parts.readers.read<AuditReport>([&](store::Database& db) -> Result<AuditReport> { return audit_ledger(db, jobs, report); });
    };
    Result<AuditReport> seen = co_await parts.pool.run<AuditReport>(std::move(look));
    if (!seen) {
        log::warn("jobs", "the audit could not read the ledger: {}", seen.error().message);
        co_return;
    }
    for (const Discrepancy& each : seen->discrepancies) log::error("jobs", "audit: {}: {}", each.job, each.what);
    std::lock_guard lock(audit_mutex);
    last_audit = std::move(*seen);
}

Task<> Service::Core::prune_old() {
    std::set<std::string> tenants;
    for (const JobPtr& job : engine.jobs()) tenants.insert(job->tenant);
    Time before = parts.clock.now() - options.keep;
    for (const std::string& tenant : tenants) {
        std::function<Result<int64_t>(store::Database&)> change = [tenant, before](store::Database& db) {
            return prune(db, tenant, before, kPruneMax);
        };
        Result<int64_t> pruned = co_await parts.writer.write<int64_t>(std::move(change));
        if (!pruned) log::warn("jobs", "old occurrences could not be removed: {}", pruned.error().message);
    }
    Time output_before = parts.clock.now() - options.keep_output;
    std::function<Result<int>()> remove = [folder = options.folder, output_before]() -> Result<int> {
        return remove_run_folders(folder, output_before);
    };
    Result<int> removed = co_await parts.pool.run<int>(std::move(remove));
    if (!removed) log::warn("jobs", "old run folders could not be removed: {}", removed.error().message);
}

std::optional<JobView> Service::Core::view(const JobPtr& job) const {
    if (!job) return std::nullopt;
    JobView view;
    view.job = job;
    auto paused = engine.paused(job->tenant, job->name);
    view.is_paused = paused.has_value();
    view.paused_why = paused.value_or("");
    view.next = engine.next_start(job->tenant, job->name);
    view.running = engine.running(job->tenant, job->name);
    return view;
}

}  // namespace nightshift::jobs
