#include "incidents/service.h"

#include "incidents/limits.h"
#include "incidents/service_core.h"
#include "io/ask.h"
#include "io/blocking.h"
#include "io/completion.h"

namespace nightshift::incidents {

Service::Service(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(Parts parts, Settings settings) {
    auto core = std::make_shared<Core>(std::move(parts), std::move(settings));
    if (auto loaded = core->load(); !loaded) return Failure(loaded.error());
    return std::unique_ptr<Service>(new Service(std::move(core)));
}

void Service::start() {
    core_->parts.loop.post([core = core_] { core->start_periodic_work(); });
}

void Service::stop() {
    io::run_blocking(core_->parts.loop, [this] { return core_->stop_here(); });
}

void Service::reload(Settings settings) {
    auto next = std::make_shared<Settings>(std::move(settings));
    core_->parts.loop.post([core = core_, next] { core->settings = std::move(*next); });
}

// Asks on the loop.
template <class T>
Task<T> Service::ask(std::function<T(Core&)> question) const {
    auto core = core_;
    std::function<T()> here = [core, question = std::move(question)] { return question(*core); };
    return io::ask<T>(core->parts.loop, std::move(here));
}

void Service::tell(std::vector<Told> groups) {
    auto told = std::make_shared<const std::vector<Told>>(std::move(groups));
    core_->parts.loop.post([core = core_, told] {
        for (const Told& each : *told) core->take(each);
    });
}

void Service::delivery_settled(std::string incident, Receipt receipt) {
    core_->parts.loop.post([core = core_, incident, receipt] { core->hear(incident, receipt); });
}

size_t Service::room() const {
    size_t waiting = core_->writes_waiting + core_->to_diagnose.size();
    return kToldAtOnceMax - std::min(waiting, kToldAtOnceMax);
}

std::vector<Service::Known> Service::known() const {
    std::vector<Known> all;
    for (const auto& [id, here] : core_->live) {
        const Incident& incident = here.kept.incident;
        if (incident.state == State::kResolved || incident.is_suppressed) continue;
        all.push_back({incident.key, here.kept.told, here.kept.told_at});
    }
    return all;
}

Task<Result<Incident>> Service::find(std::string tenant, std::string id) const {
    auto core = core_;
    auto here = co_await ask<std::optional<Incident>>([tenant, id](Core& core) -> std::optional<Incident> {
        auto found = core.live.find(id);
        if (found == core.live.end() || found->second.kept.incident.tenant != tenant) return std::nullopt;
        return found->second.kept.incident;
    });
    if (here) co_return *here;
    std::function<Result<Incident>()> read = [core, tenant, id] {
        return core->parts.readers.read<Incident>(
            [&](store::Database& db) { return select_incident(db, tenant, id); });
    };
    Result<Incident> kept = co_await core->parts.pool.run<Incident>(std::move(read));
    co_return kept;
}

Task<Result<Page>> Service::list(Filter filter) const {
    auto core = core_;
    std::function<Result<Page>()> read = [core, filter] {
        return core->parts.readers.read<Page>([&](store::Database& db) { return select_page(db, filter); });
    };
    Result<Page> page = co_await core->parts.pool.run<Page>(std::move(read));
    co_return page;
}

Task<Stats> Service::stats() const {
    return ask<Stats>([](Core& core) {
        Stats stats = core.stats;
        for (const auto& [id, here] : core.live)
            stats.open += here.kept.incident.state == State::kResolved ? 0 : 1;
        return stats;
    });
}

Task<std::vector<std::string>> Service::dealt_with(std::string tenant) const {
    return ask<std::vector<std::string>>([tenant](Core& core) {
        std::vector<std::string> keys;
        for (const auto& [id, here] : core.live) {
            const Incident& incident = here.kept.incident;
            bool is_ours =
                !incident.notifications.empty() || incident.is_suppressed || !incident.part_of.empty();
            bool counts = is_ours && incident.state != State::kResolved && incident.tenant == tenant;
            if (counts && keys.size() < kDealtWithMax) keys.push_back(incident.key);
        }
        return keys;
    });
}

Task<Result<Incident>> Service::act(std::string tenant, std::string id, Act act) {
    auto core = core_;
    using Answer = Result<Incident>;
    std::function<void(std::function<void(Answer)>)> start =
        [core, tenant, id, act = std::move(act)](std::function<void(Answer)> done) {
            core->parts.loop.post([core, tenant, id, act, done = std::move(done)] {
                auto found = core->live.find(id);
                if (found == core->live.end() || found->second.kept.incident.tenant != tenant)
                    return done(fail(Code::kNotFound, "no incident {:.100} is open, or was lately", id));
                Incident& incident = found->second.kept.incident;
                std::string lead = incident.part_of;
                Time now = core->parts.clock.now();
                if (auto acted = act(incident, now); !acted) return done(Failure(acted.error()));
                if (incident.part_of != lead) core->wake(lead, now);
                core->drive(found->second, [core, id, done](const Result<void>& written) {
                    if (!written) return done(Failure(written.error()));
                    core->parts.loop.post([core, id, done] {
                        auto again = core->live.find(id);
                        if (again == core->live.end()) return done(fail(Code::kNotFound, "it is gone"));
                        done(again->second.kept.incident);
                    });
                });
            });
        };
    Answer answer = co_await io::completion<Answer>(std::move(start));
    co_return answer;
}

Task<Result<Incident>> Service::diagnose_again(std::string tenant, std::string id) {
    auto core = core_;
    using Answer = Result<Incident>;
    std::function<void(std::function<void(Answer)>)> start = [core, tenant,
                                                              id](std::function<void(Answer)> done) {
        core->parts.loop.post([core, tenant, id, done = std::move(done)] {
            core->tasks.spawn([core, tenant, id, done] { return core->diagnose_for(tenant, id, done); });
        });
    };
    Answer answer = co_await io::completion<Answer>(std::move(start));
    co_return answer;
}

}  // namespace nightshift::incidents
