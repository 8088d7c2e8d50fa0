#include "jobs/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <mutex>
#include <set>

#include "base/log.h"
#include "io/blocking.h"
#include "io/completion.h"
#include "io/periodic.h"
#include "jobs/collect.h"
#include "jobs/job_json.h"
#include "jobs/perform.h"
#include "jobs/supervisor/wakeup.h"
#include "jobs/words.h"

namespace nightshift::jobs {
namespace {

constexpr std::chrono::seconds kAuditEvery{60};
constexpr std::chrono::seconds kFirstAudit{3};  // when what was missed is in the ledger
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

// A job made through the API, as it was read then; null, with a word in the log, when this program cannot
// read it.
JobPtr read_definition(const JobRecord& record, Zones& zones) {
    boost::system::error_code error;
    boost::json::value parsed = boost::json::parse(record.definition, error);
    std::vector<JobProblem> problems;
    JobPtr job;
    if (!error && parsed.is_object())
        job = read_job(parsed.get_object(), record.tenant, false, zones, problems);
    if (!job) {
        log::error("jobs", "job {} cannot be read any more{}{}", record.name, problems.empty() ? "" : ": ",
                   problems.empty() ? "" : problems.front().message);
    }
    return job;
}

}  // namespace

// What the loop owns.
struct Service::Core : std::enable_shared_from_this<Core> {
    Core(Parts given, Options configured)
        : parts(given),
          options(std::move(configured)),
          engine(options.engine),
          wakeup(parts.loop),
          tasks(parts.loop, "jobs"),
          performer({parts.loop, parts.pool, parts.clock, options.program, options.environment}),
          collector({parts.pool, parts.readers, parts.clock, parts.recorder, options.environment,
                     options.delivery_facts}) {}

    void take(Effects effects);
    void write(const Commit& commit);
    void written(uint64_t id, const Result<void>& result);
    std::optional<Occurrence> decided_by(const std::vector<Transition>& transitions) const;
    void changed(const OccurrenceKey& key);
    Task<> tick();
    Task<> run(StartRun start);
    Task<> collect(Collect collect);
    Task<> audit();
    Task<> audit_soon();
    Task<> prune_old();
    Task<Result<void>> write_now(std::function<Result<void>(store::Database&)> change);
    Result<void> load();
    Task<> load_into(Result<void>& loaded);
    Task<> list_into(std::vector<JobPtr>& all);
    Task<> stop_here();
    std::optional<JobView> view(const JobPtr& job) const;
    void adopt_jobs(const std::vector<JobPtr>& jobs, const std::vector<JobRecord>& records);

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
    std::multimap<uint64_t, std::function<void(Result<void>)>> waiters;  // by commit
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
    for (const StopRun& each : effects.stops) tasks.spawn([this, each] { return performer.stop(each); });
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
    bool is_ours = std::holds_alternative<Command>(start.job->action) ||
                   std::holds_alternative<HttpAction>(start.job->action);
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

Result<void> Service::Core::load() {
    Time now = parts.clock.now();
    auto written = parts.writer.commit_blocking(
        [&](store::Database& db) { return write_configured(db, configured, now); });
    if (!written) return written;
    struct Ledger {
        std::vector<JobRecord> records;
        std::vector<JobRecord> removed;
        std::vector<Unfinished> open;
        Fence fence = 0;
    };
    auto ledger = parts.readers.read<Ledger>([](store::Database& db) -> Result<Ledger> {
        Ledger all;
        NS_TRY(all.records, load_jobs(db));
        NS_TRY(all.removed, load_removed_in_flight(db));
        NS_TRY(all.open, load_unfinished(db));
        NS_TRY(all.fence, last_fence(db));
        return all;
    });
    if (!ledger) return Failure(ledger.error());
    std::vector<JobPtr> jobs = configured;
    for (const JobRecord& record : ledger->records) {
        if (record.is_from_config) continue;
        JobPtr job = read_definition(record, parts.zones);
        if (job) jobs.push_back(std::move(job));
    }
    for (const JobRecord& record : ledger->removed) {
        JobPtr job = read_definition(record, parts.zones);
        if (job) jobs.push_back(std::move(job));
        ledger->records.push_back(record);
    }
    with_engine([&](Engine& each, Time at, Effects& effects) {
        each.restore(std::move(jobs), ledger->records, std::move(ledger->open), ledger->fence, at, effects);
        for (const JobRecord& record : ledger->removed) each.remove_job(record.tenant, record.name);
    });
    return {};
}

// --- the public face ---

Service::Service(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(Parts parts, Options options, std::vector<JobPtr> jobs) {
    auto core = std::make_shared<Core>(parts, std::move(options));
    core->configured = std::move(jobs);
    return std::unique_ptr<Service>(new Service(std::move(core)));
}

Result<void> Service::start() {
    Result<void> loaded;
    io::run_blocking(core_->parts.loop, [&] { return core_->load_into(loaded); });
    if (!loaded) return loaded;
    core_->parts.loop.post([core = core_] {
        core->tasks.spawn([core] { return core->tick(); });
        io::start_periodic(core->tasks, {"jobs audit", kAuditEvery, [core] { return core->audit(); }});
        io::start_periodic(core->tasks, {"jobs prune", kPruneEvery, [core] { return core->prune_old(); }});
        core->tasks.spawn([core] { return core->audit_soon(); });
    });
    return {};
}

void Service::stop() {
    io::run_blocking(core_->parts.loop, [this] { return core_->stop_here(); });
}

Task<> Service::Core::load_into(Result<void>& loaded) {
    loaded = load();
    co_return;
}

Task<> Service::Core::stop_here() {
    is_stopping = true;
    co_await tasks.stop();
}

Task<> Service::Core::list_into(std::vector<JobPtr>& all) {
    all = engine.jobs();
    co_return;
}

Task<Result<void>> Service::Core::write_now(std::function<Result<void>(store::Database&)> change) {
    Result<void> written = co_await parts.writer.commit(std::move(change));
    co_return written;
}

Task<Result<void>> Service::reload(std::vector<JobPtr> jobs) {
    auto core = core_;
    Time now = core->parts.clock.now();
    std::function<Result<std::vector<JobRecord>>(store::Database&)> change =
        [jobs, now](store::Database& db) -> Result<std::vector<JobRecord>> {
        if (auto done = write_configured(db, jobs, now); !done) return Failure(done.error());
        return load_jobs(db);
    };
    Result<std::vector<JobRecord>> records =
        co_await core->parts.writer.write<std::vector<JobRecord>>(std::move(change));
    if (!records) co_return Failure(records.error());
    core->parts.loop.post([core, jobs, records = *records] { core->adopt_jobs(jobs, records); });
    co_return Result<void>();
}

// Makes the engine's configured jobs those that the ledger has now.
void Service::Core::adopt_jobs(const std::vector<JobPtr>& jobs, const std::vector<JobRecord>& records) {
    std::set<std::pair<std::string, std::string>> known;
    for (const JobRecord& record : records) known.insert({record.tenant, record.name});
    for (const JobPtr& job : engine.jobs()) {
        if (!known.contains({job->tenant, job->name})) engine.remove_job(job->tenant, job->name);
    }
    for (const JobPtr& job : jobs) {
        auto record = std::find_if(records.begin(), records.end(), [&](const JobRecord& each) {
            return each.tenant == job->tenant && each.name == job->name;
        });
        if (record != records.end()) engine.put_job(job, *record, parts.clock.now());
    }
    wakeup.wake();
}

Task<Result<void>> Service::put_job(JobPtr job) {
    auto core = core_;
    JobPtr known = co_await this->known(job->tenant, job->name);
    if (known && known->is_from_config) {
        co_return fail(Code::kConflict, "job {} is defined in the configuration: change it there", job->name);
    }
    Time now = core->parts.clock.now();
    std::function<Result<std::vector<JobRecord>>(store::Database&)> change =
        [job, now](store::Database& db) -> Result<std::vector<JobRecord>> {
        if (auto done = upsert_job(db, record_of(*job), now); !done) return Failure(done.error());
        return load_jobs(db);
    };
    Result<std::vector<JobRecord>> records =
        co_await core->parts.writer.write<std::vector<JobRecord>>(std::move(change));
    if (!records) co_return Failure(records.error());
    core->parts.loop.post([core, job, records = *records] { core->adopt_jobs({job}, records); });
    co_return Result<void>();
}

Task<Result<void>> Service::remove_job(std::string tenant, std::string name) {
    auto core = core_;
    JobPtr known = co_await this->known(tenant, name);
    if (!known) co_return fail(Code::kNotFound, "there is no job {}", name);
    if (known->is_from_config)
        co_return fail(Code::kConflict, "job {} is defined in the configuration: remove it there", name);
    Time now = core->parts.clock.now();
    store::Writer::Change change = [tenant, name, now](store::Database& db) {
        return jobs::remove_job(db, tenant, name, now);
    };
    Result<void> removed = co_await core->parts.writer.commit(std::move(change));
    if (removed) core->parts.loop.post([core, tenant, name] { core->engine.remove_job(tenant, name); });
    co_return removed;
}

// Asks the engine on its loop.
template <class T>
Task<T> Service::ask(std::function<T(Core&)> question) const {
    auto core = core_;
    std::function<void(std::function<void(T)>)> start =
        [core, question = std::move(question)](std::function<void(T)> done) {
            core->parts.loop.post([core, question, done = std::move(done)] { done(question(*core)); });
        };
    T answer = co_await io::completion<T>(std::move(start));
    co_return answer;
}

// Lets the engine act, and answers when what it decided is durable, or when the commit it waits for is.
Task<Result<Heard>> Service::act(Action action) {
    auto core = core_;
    using Answer = Result<Heard>;
    std::function<void(std::function<void(Answer)>)> start =
        [core, action = std::move(action)](std::function<void(Answer)> done) {
            core->parts.loop.post([core, action, done = std::move(done)] {
                Effects effects;
                Answer heard = action(core->engine, core->parts.clock.now(), effects);
                std::optional<uint64_t> commit = heard ? heard->wait_for : std::nullopt;
                if (heard && !effects.commits.empty()) commit = effects.commits.back().id;
                if (commit) {
                    core->waiters.emplace(*commit, [done, heard](const Result<void>& written) {
                        done(written || heard->wait_for ? heard : Answer(Failure(written.error())));
                    });
                }
                core->take(std::move(effects));
                if (!commit) done(heard);
            });
        };
    Answer answer = co_await io::completion<Answer>(std::move(start));
    co_return answer;
}

Task<JobPtr> Service::known(std::string tenant, std::string name) const {
    return ask<JobPtr>([tenant, name](Core& core) { return core.engine.job(tenant, name); });
}

Task<Result<OccurrenceKey>> Service::trigger(std::string tenant, std::string job, Trigger trigger) {
    Result<Heard> heard =
        co_await act([tenant, job, trigger](Engine& engine, Time now, Effects& effects) -> Result<Heard> {
            NS_TRY(OccurrenceKey key, engine.trigger(tenant, job, trigger, now, effects));
            return Heard{key, std::nullopt};
        });
    if (!heard) co_return Failure(heard.error());
    co_return heard->key;
}

Task<Result<OccurrenceKey>> Service::word(std::string tenant, std::string job, Word word) {
    Action say = [tenant, job, word](Engine& engine, Time now, Effects& effects) {
        return engine.word(tenant, job, word, now, effects);
    };
    Result<Heard> heard = co_await act(say);
    while (heard && heard->wait_for) heard = co_await act(say);
    if (!heard) co_return Failure(heard.error());
    if (word.kind == Word::Kind::kNote) {
        Claim note{heard->key, "ping", std::nullopt, word.text, core_->parts.clock.now()};
        Result<void> kept = co_await claim({std::move(note), 0});
        if (!kept) co_return Failure(kept.error());
    }
    co_return heard->key;
}

Task<Result<void>> Service::pause(Pause pause) {
    auto core = core_;
    store::Writer::Change change = [pause](store::Database& db) { return apply(db, pause, {}); };
    Result<void> written = co_await core->parts.writer.commit(std::move(change));
    if (written) {
        core->parts.loop.post([core, pause] {
            core->engine.set_paused(pause.tenant, pause.job, pause.is_paused, pause.reason);
        });
    }
    co_return written;
}

Task<Result<void>> Service::claim(AddClaim claim) {
    return core_->write_now([claim](store::Database& db) { return apply(db, claim, {}); });
}

Task<Result<void>> Service::override_verdict(Override over) {
    return core_->write_now([over](store::Database& db) { return apply(db, over, {}); });
}

void Service::delivery_settled(const OccurrenceKey& key) {
    core_->parts.loop.post([core = core_, key] {
        core->with_engine(
            [&](Engine& engine, Time now, Effects& effects) { engine.delivery_settled(key, now, effects); });
    });
}

std::vector<JobPtr> Service::all_jobs() const {
    std::vector<JobPtr> all;
    io::run_blocking(core_->parts.loop, [&] { return core_->list_into(all); });
    return all;
}

Task<std::vector<JobView>> Service::jobs(std::string tenant) const {
    return ask<std::vector<JobView>>([tenant](Core& core) {
        std::vector<JobView> all;
        for (const JobPtr& job : core.engine.jobs()) {
            if (job->tenant == tenant) all.push_back(*core.view(job));
        }
        return all;
    });
}

Task<std::optional<JobView>> Service::job(std::string tenant, std::string name) const {
    return ask<std::optional<JobView>>(
        [tenant, name](Core& core) { return core.view(core.engine.job(tenant, name)); });
}

Task<EngineStats> Service::stats() const {
    return ask<EngineStats>([](Core& core) { return core.engine.stats(); });
}

std::optional<AuditReport> Service::audit() const {
    std::lock_guard lock(core_->audit_mutex);
    return core_->last_audit;
}

store::Readers& Service::readers() const {
    return core_->parts.readers;
}

std::filesystem::path Service::run_folder(const OccurrenceKey& key, uint32_t attempt) const {
    return run_folder_of(core_->options.folder, key, attempt);
}

}  // namespace nightshift::jobs
