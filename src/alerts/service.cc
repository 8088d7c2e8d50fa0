#include "alerts/service.h"

#include "alerts/limits.h"
#include "alerts/service_core.h"
#include "alerts/store.h"
#include "base/random.h"
#include "base/text.h"
#include "io/ask.h"
#include "io/blocking.h"
#include "io/completion.h"

namespace nightshift::alerts {

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
    core_->parts.loop.post([core = core_, next] { core->replace(std::move(*next)); });
}

// Asks on the loop.
template <class T>
Task<T> Service::ask(std::function<T(Core&)> question) const {
    auto core = core_;
    std::function<T()> here = [core, question = std::move(question)] { return question(*core); };
    return io::ask<T>(core->parts.loop, std::move(here));
}

Task<Result<void>> Service::take(std::vector<Alert> alerts) {
    if (alerts.size() > kBatchMax)
        co_return fail(Code::kInvalid, "{} alerts in one request; {} are the limit", alerts.size(),
                       kBatchMax);
    auto core = core_;
    auto batch = std::make_shared<std::vector<Alert>>(std::move(alerts));
    Result<void> admitted = co_await ask<Result<void>>([batch](Core& core) { return core.admit(*batch); });
    if (!admitted) co_return admitted;
    store::Writer::Change put = [batch](store::Database& db) { return put_alerts(db, *batch); };
    Result<void> written = co_await core->parts.writer.commit(std::move(put));
    if (!written) co_return written;
    core->parts.loop.post([core, batch] {
        core->apply(*batch);
        core->stats.taken_total += batch->size();
        core->pump();
    });
    co_return written;
}

Task<Result<Silence>> Service::put_silence(Silence silence) {
    auto core = core_;
    Time now = core->parts.clock.now();
    if (auto good = check_silence(silence, now); !good) co_return Failure(good.error());
    if (silence.id.empty()) {
        std::string random = random_bytes(6);
        silence.id = fmt::format("sil_{:012x}{}", unix_ms(now), to_hex(random.data(), random.size()));
        silence.created = now;
    }
    auto known = co_await ask<Result<Silence>>([silence](Core& core) -> Result<Silence> {
        auto before = core.silences.find(silence.id);
        Silence merged = silence;
        if (before != core.silences.end()) {
            if (before->second.tenant != silence.tenant)
                return fail(Code::kNotFound, "there is no silence {:.100}", silence.id);
            merged.created = before->second.created;
            merged.hushed = before->second.hushed;
        } else if (core.silences.size() >= kSilencesMax) {
            return fail(Code::kLimit, "there are {} silences already", core.silences.size());
        }
        return merged;
    });
    if (!known) co_return known;
    auto kept = std::make_shared<const Silence>(std::move(*known));
    store::Writer::Change put = [kept](store::Database& db) { return alerts::put_silence(db, *kept); };
    Result<void> written = co_await core->parts.writer.commit(std::move(put));
    if (!written) co_return Failure(written.error());
    core->parts.loop.post([core, kept] {
        core->silences.insert_or_assign(kept->id, *kept);
        core->groups.review(core->parts.clock.now());
    });
    co_return *kept;
}

Task<Result<void>> Service::end_silence(std::string tenant, std::string id) {
    Time now = core_->parts.clock.now();
    auto core = core_;
    auto ended = co_await ask<Result<Silence>>([tenant, id, now](Core& core) -> Result<Silence> {
        auto known = core.silences.find(id);
        if (known == core.silences.end() || known->second.tenant != tenant)
            return fail(Code::kNotFound, "there is no silence {:.100}", id);
        Silence silence = known->second;
        silence.ends = std::min(silence.ends, now);
        return silence;
    });
    if (!ended) co_return Failure(ended.error());
    auto kept = std::make_shared<const Silence>(std::move(*ended));
    store::Writer::Change put = [kept](store::Database& db) { return alerts::put_silence(db, *kept); };
    Result<void> written = co_await core->parts.writer.commit(std::move(put));
    if (!written) co_return written;
    core->parts.loop.post([core, kept] {
        core->silences.insert_or_assign(kept->id, *kept);
        core->groups.review(core->parts.clock.now());
    });
    co_return written;
}

Task<std::vector<Silence>> Service::silences(std::string tenant) const {
    return ask<std::vector<Silence>>([tenant](Core& core) {
        std::vector<Silence> all;
        for (const auto& [id, silence] : core.silences) {
            if (silence.tenant == tenant) all.push_back(silence);
        }
        return all;
    });
}

Task<std::vector<AlertView>> Service::alerts(std::string tenant) const {
    return ask<std::vector<AlertView>>([tenant](Core& core) {
        std::vector<AlertView> all;
        Time now = core.parts.clock.now();
        for (const auto& [id, alert] : core.groups.alerts()) {
            if (alert->tenant != tenant) continue;
            all.push_back(
                {alert, alert->is_firing(now) ? core.groups.suppression_of(*alert, now) : Suppression()});
        }
        return all;
    });
}

Task<std::vector<RuleState>> Service::rules(std::string tenant) const {
    return ask<std::vector<RuleState>>([tenant](Core& core) {
        std::vector<RuleState> all = core.evaluator.rules();
        std::erase_if(all, [&](const RuleState& each) { return each.rule->tenant != tenant; });
        return all;
    });
}

Task<RulePtr> Service::rule(std::string tenant, std::string name) const {
    return ask<RulePtr>([tenant, name](Core& core) -> RulePtr {
        for (const RulePtr& each : core.settings.rules) {
            if (each->name == name && each->tenant == tenant) return each;
        }
        return nullptr;
    });
}

Task<Stats> Service::stats() const {
    return ask<Stats>([](Core& core) {
        Stats stats = core.stats;
        stats.alerts = core.groups.alerts().size();
        stats.groups = core.groups.size();
        stats.series = core.evaluator.series();
        stats.dropped_series_total = core.evaluator.dropped_total();
        return stats;
    });
}

}  // namespace nightshift::alerts
