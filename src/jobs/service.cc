#include "jobs/service.h"

#include "io/ask.h"
#include "io/blocking.h"
#include "io/completion.h"
#include "jobs/service_core.h"

namespace nightshift::jobs {

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
    core_->parts.loop.post([core = core_] { core->start_periodic_work(); });
    return {};
}

void Service::stop() {
    io::run_blocking(core_->parts.loop, [this] { return core_->stop_here(); });
}

// Asks the engine on its loop.
template <class T>
Task<T> Service::ask(std::function<T(Core&)> question) const {
    auto core = core_;
    std::function<T()> here = [core, question = std::move(question)] { return question(*core); };
    return io::ask<T>(core->parts.loop, std::move(here));
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
