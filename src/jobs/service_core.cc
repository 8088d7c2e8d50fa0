#include "jobs/service_core.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "io/periodic.h"

// What the engine wants done, and what became of it.
namespace nightshift::jobs {
namespace {

constexpr std::chrono::seconds kAuditEvery{60};
constexpr std::chrono::seconds kFirstAudit{3};  // when what was missed is in the ledger
constexpr std::chrono::seconds kPruneEvery{600};
constexpr size_t kPruneMax = 2'000;
// The plan is compared with the schedule this far back.
constexpr std::chrono::hours kAuditPlanSince{2};
constexpr std::chrono::milliseconds kSleepMax{60'000};  // a clock that jumped is seen at least so soon

}  // namespace

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
    for (const StopRun& each : effects.stops) tasks.spawn([this, each] { return stop_run(each); });
    for (Collect& each : effects.collects) {
        if (is_stopping) continue;
        tasks.spawn([this, look = std::move(each)] { return collect(look); });
    }
    for (const OccurrenceKey& key : effects.changed) changed(key);
    wakeup.wake();
}

void Service::Core::write(const Commit& commit) {
    auto self = shared_from_this();
    bool has_deliveries =
        std::any_of(commit.transitions->begin(), commit.transitions->end(), [](const Transition& each) {
            const auto* end = std::get_if<EndRun>(&each);
            return end != nullptr && !end->deliveries.empty();
        });
    auto change = [self, transitions = commit.transitions](store::Database& db) -> Result<void> {
        for (const Transition& each : *transitions) {
            if (auto done = apply(db, each, self->options.enqueue); !done) return done;
        }
        return {};
    };
    std::optional<Occurrence> decided = decided_by(*commit.transitions);
    auto done = [self, id = commit.id, has_deliveries, decided = std::move(decided)](Result<void> result) {
        self->parts.loop.post([self, id, has_deliveries, decided, result = std::move(result)] {
            self->written(id, result);
            if (!result) return;
            if (has_deliveries && self->options.wake_deliveries) self->options.wake_deliveries();
            if (decided && self->options.on_change) self->options.on_change(*decided);
        });
    };
    parts.writer.post(std::move(change), std::move(done));
}

void Service::Core::written(uint64_t id, const Result<void>& result) {
    if (!result) log::warn("jobs", "the ledger refused a transition: {}", result.error().message);
    with_engine([&](Engine& each, Time now, Effects& effects) { each.committed(id, result, now, effects); });
    auto [first, last] = waiters.equal_range(id);
    for (auto waiter = first; waiter != last; waiter = waiters.erase(waiter)) waiter->second(result);
}

// The occurrence as it will be when its verdict is written; nothing when these transitions hold none.
std::optional<Occurrence> Service::Core::decided_by(const std::vector<Transition>& transitions) const {
    for (const Transition& each : transitions) {
        const auto* decide = std::get_if<Decide>(&each);
        if (decide == nullptr) continue;
        std::optional<Occurrence> occurrence = engine.open(decide->key);
        if (!occurrence) return std::nullopt;
        occurrence->phase = Phase::kDone;
        occurrence->verdict = decide->verdict;
        occurrence->why = decide->why;
        occurrence->warning = decide->warning;
        occurrence->decided = decide->decided;
        return occurrence;
    }
    return std::nullopt;
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
            store::Writer::Change change = [note = std::move(note)](store::Database& db) {
                return apply(db, note, {});
            };
            Result<void> noted = co_await parts.writer.commit(std::move(change));
            if (!noted) log::warn("jobs", "{}: {}", occurrence_id(start.key), noted.error().message);
        }
    }
    std::optional<Execution> execution;
    if (start.job->runs_at_gateway()) {
        execution = co_await options.run_elsewhere(start, folder);
    } else {
        execution = co_await performer.perform(start, folder);
    }
    with_engine([&](Engine& each, Time now, Effects& effects) {
        if (execution) {
            each.run_ended(start.key, start.fence, *execution, now, effects);
        } else {
            each.never_started(start.key, start.fence, now, effects);
        }
    });
}

Task<> Service::Core::stop_run(StopRun stop) {
    // At most one of them knows it.
    co_await performer.stop(stop);
    if (options.stop_elsewhere) co_await options.stop_elsewhere(stop);
}

Task<> Service::Core::collect(Collect look) {
    Observed seen = co_await collector.observe(look);
    with_engine([&](Engine& each, Time now, Effects& effects) {
        each.observed(look.key, look.fence, std::move(seen), now, effects);
    });
}

Task<> Service::Core::audit_soon() {
    co_await io::sleep_for(kFirstAudit);
    co_await audit();
}

// What it finds is shown, never mended.
Task<> Service::Core::audit() {
    std::function<Result<AuditReport>()> look = [this, jobs = engine.jobs(), now = parts.clock.now()] {
        return parts.readers.read<AuditReport>(
            [&](store::Database& db) { return audit_ledger(db, jobs, kAuditPlanSince, now); });
    };
    Result<AuditReport> seen = co_await parts.pool.run<AuditReport>(std::move(look));
    if (!seen) {
        log::warn("jobs", "the audit could not read the ledger: {}", seen.error().message);
        co_return;
    }
    for (const Discrepancy& each : seen->discrepancies)
        log::error("jobs", "audit: {}: {}", each.job, each.what);
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

void Service::Core::start_periodic_work() {
    auto core = shared_from_this();
    tasks.spawn([core] { return core->tick(); });
    io::start_periodic(tasks, {"jobs audit", kAuditEvery, [core] { return core->audit(); }});
    io::start_periodic(tasks, {"jobs prune", kPruneEvery, [core] { return core->prune_old(); }});
    tasks.spawn([core] { return core->audit_soon(); });
    tasks.spawn([core] { return core->look_back_for_events(); });
}

Task<> Service::Core::stop_here() {
    is_stopping = true;
    co_await tasks.stop();
}

Task<Result<void>> Service::Core::write_now(std::function<Result<void>(store::Database&)> change) {
    Result<void> written = co_await parts.writer.commit(std::move(change));
    co_return written;
}

}  // namespace nightshift::jobs
