#include "health/service.h"

#include "base/log.h"
#include "health/service_core.h"
#include "io/ask.h"
#include "io/blocking.h"
#include "io/completion.h"

namespace nightshift::health {
namespace {

Failure no_probe(const std::string& name) {
    return fail(Code::kNotFound, "there is no probe {:.100}", name);
}

}  // namespace

Service::Service(std::unique_ptr<Core> core) : core_(std::move(core)) {}

// Behind what was still to be written nothing is left that could come back.
Service::~Service() {
    auto passed = core_->parts.writer.commit_blocking([](store::Database&) -> Result<void> { return {}; });
    if (!passed) log::warn("health", "the last states of probes: {}", passed.error().message);
}

Result<std::unique_ptr<Service>> Service::open(Parts parts, const std::vector<ProbePtr>& probes) {
    auto core = std::make_unique<Core>(std::move(parts));
    if (auto loaded = core->load(probes); !loaded) return Failure(loaded.error());
    return std::unique_ptr<Service>(new Service(std::move(core)));
}

void Service::start() {
    core_->parts.loop.post([core = core_.get()] { core->start(); });
}

void Service::stop() {
    io::run_blocking(core_->parts.loop, [this] { return core_->stop(); });
}

void Service::reload(std::vector<ProbePtr> probes) {
    io::run_blocking(core_->parts.loop, [this, &probes] { return core_->replace(std::move(probes)); });
}

Task<std::vector<ProbeView>> Service::list() const {
    return io::ask<std::vector<ProbeView>>(core_->parts.loop, [core = core_.get()] {
        std::vector<ProbeView> views;
        for (const auto& each : core->all) views.push_back(core->view(*each.second, false));
        return views;
    });
}

Task<Result<ProbeView>> Service::find(std::string name) const {
    return io::ask<Result<ProbeView>>(core_->parts.loop, [core = core_.get(), name]() -> Result<ProbeView> {
        WatchedPtr watched = core->find(name);
        if (!watched) return no_probe(name);
        return core->view(*watched, true);
    });
}

Task<Result<ProbeView>> Service::run(std::string name) {
    using Done = std::function<void(Result<ProbeView>)>;
    std::function<void(Done)> start = [core = core_.get(), name](Done done) {
        core->parts.loop.post([core, name, done = std::move(done)] {
            WatchedPtr watched = core->find(name);
            if (!watched) return done(no_probe(name));
            core->asked.spawn([core, watched, done] { return core->look_for(watched, done); });
        });
    };
    Result<ProbeView> seen = co_await io::completion<Result<ProbeView>>(std::move(start));
    co_return seen;
}

Task<Stats> Service::stats() const {
    return io::ask<Stats>(core_->parts.loop, [core = core_.get()] {
        Stats stats = core->stats;
        stats.store_failures_total = core->store_failures_total;
        return stats;
    });
}

}  // namespace nightshift::health
