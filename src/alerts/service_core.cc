#include "alerts/service_core.h"

#include <algorithm>

#include "alerts/limits.h"
#include "alerts/measure.h"
#include "alerts/store.h"
#include "base/log.h"
#include "io/periodic.h"

namespace nightshift::alerts {
namespace {

constexpr milliseconds kPumpEvery{100};
constexpr milliseconds kPumpAgain{10};  // while more is due than may be told at once
constexpr std::chrono::hours kKeepEnded{1};
constexpr std::chrono::hours kKeepSilences{24 * 30};

}  // namespace

Service::Core::Core(Parts given, Settings configured)
    : parts(std::move(given)),
      settings(std::move(configured)),
      evaluator(settings.rules),
      groups(settings.root, settings.inhibitions,
             [this](const Alert& alert, const RouteOptions& options, Time now) {
                 return suppression(alert, options, now);
             }),
      tasks(parts.loop, "alerts") {}

Result<void> Service::Core::load() {
    Time now = parts.clock.now();
    using Known = std::pair<std::vector<Alert>, std::vector<Silence>>;
    std::function<Result<Known>(store::Database&)> look = [now](store::Database& db) -> Result<Known> {
        NS_TRY(std::vector<Alert> alerts, select_alerts(db));
        NS_TRY(std::vector<Silence> silences, select_silences(db, now - kKeepSilences));
        return Known(std::move(alerts), std::move(silences));
    };
    NS_TRY(Known known, parts.readers.read(look));
    for (Silence& each : known.second) silences.emplace(each.id, std::move(each));
    for (Told& each : parts.told()) groups.restore(std::move(each));
    groups.settle_until(now + settings.settle);
    for (Alert& alert : known.first) {
        // It ran out while nobody was here to hear it repeated.
        bool ran_out = !alert.is_own && alert.ends > alert.updated && alert.ends <= now;
        if (ran_out) alert.ends = now + settings.settle + settings.resolve_timeout;
        if (alert.is_own && alert.is_firing(now)) {
            if (evaluator.find(alert.name()) == nullptr) alert.ends = now;
            evaluator.restore(alert, now);
        }
        share_texts(alert);
        groups.put(std::make_shared<const Alert>(std::move(alert)), now);
    }
    return {};
}

void Service::Core::replace(Settings next) {
    settings = std::move(next);
    evaluator.replace(settings.rules);
    Groups fresh(settings.root, settings.inhibitions,
                 [this](const Alert& alert, const RouteOptions& options, Time now) {
                     return suppression(alert, options, now);
                 });
    Time now = parts.clock.now();
    for (Told& each : parts.told()) fresh.restore(std::move(each));
    for (const auto& [id, alert] : groups.alerts()) fresh.put(alert, now);
    groups = std::move(fresh);
    pump();
}

void Service::Core::start_periodic_work() {
    io::start_periodic(tasks, {"alert rules", settings.evaluate_every, [this] { return evaluate(); }});
    io::start_periodic(tasks, {"alert groups", kPumpEvery, [this] { return pump_due(); }});
    io::start_periodic(tasks, {"alert cleaning", std::chrono::minutes(10), [this] { return prune(); }});
    tasks.spawn([this] { return evaluate(); });
}

Task<> Service::Core::stop_here() {
    co_await tasks.stop();
}

Result<void> Service::Core::admit(std::vector<Alert>& alerts) {
    Time now = parts.clock.now();
    size_t fresh = 0;
    for (Alert& alert : alerts) {
        AlertPtr known = groups.alerts().find(alert_id(alert));
        if (!known) {
            fresh += alert.is_firing(now) ? 1 : 0;
        } else {
            alert = merge(*known, alert);
            alert.labels = known->labels;
        }
        share_texts(alert);
    }
    if (groups.alerts().size() + fresh > kAlertsMax) {
        ++stats.refused_total;
        return fail(Code::kLimit, "{} alerts are known already, which is as many as are kept; resolve some",
                    groups.alerts().size());
    }
    return {};
}

void Service::Core::share_texts(Alert& alert) {
    alert.tenant = texts.share(alert.tenant);
    alert.generator = texts.share(alert.generator);
    alert.annotations = Labels::unpack(texts.share(alert.annotations.packed()));
}

void Service::Core::apply(const std::vector<Alert>& alerts) {
    Time now = parts.clock.now();
    for (const Alert& alert : alerts) {
        AlertPtr known = groups.alerts().find(alert_id(alert));
        bool is_old = known && known->updated > alert.updated;
        if (!is_old) groups.put(std::make_shared<const Alert>(alert), now);
    }
}

Task<> Service::Core::evaluate() {
    Time now = parts.clock.now();
    auto started = std::chrono::steady_clock::now();
    std::vector<Observation> seen = co_await parts.observe();
    for (Observation& each : seen) {
        if (each.unknown_why.empty()) {
            evaluator.observe(each.kind, each.signals, now);
        } else {
            evaluator.observe_unknown(each.kind, std::move(each.unknown_why));
        }
    }
    co_await measure_due();
    commit(evaluator.tick(parts.clock.now()));
    stats.evaluate_us =
        std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - started).count();
}

Task<> Service::Core::measure_due() {
    Time now = parts.clock.now();
    std::vector<RulePtr> due;
    for (const RulePtr& rule : settings.rules) {
        bool is_measured = rule->on == SignalKind::kQuery || rule->on == SignalKind::kSilence;
        if (!is_measured || !rule->is_enabled) continue;
        auto last = measured.find(rule->name);
        bool is_back = last != measured.end() && last->second > now;
        if (last == measured.end() || is_back || now - last->second >= measure_every(*rule))
            due.push_back(rule);
    }
    for (const RulePtr& rule : due) {
        measured[rule->name] = now;
        co_await measure_rule(rule);
    }
}

Task<> Service::Core::measure_rule(RulePtr rule) {
    Time now = parts.clock.now();
    std::function<Result<std::vector<Signal>>()> look = [this, rule, now] {
        return measure(parts.recorder, *rule, now);
    };
    Result<std::vector<Signal>> seen = co_await parts.pool.run<std::vector<Signal>>(std::move(look));
    if (seen) {
        evaluator.observe_rule(rule->name, *seen, now);
    } else {
        evaluator.observe_rule_unknown(rule->name, seen.error().message);
    }
}

void Service::Core::commit(std::vector<Alert> changed) {
    if (changed.empty()) return;
    for (Alert& alert : changed) share_texts(alert);
    auto held = std::make_shared<const std::vector<Alert>>(std::move(changed));
    auto core = shared_from_this();
    parts.writer.post([held](store::Database& db) { return put_alerts(db, *held); },
                      [core, held](const Result<void>& written) {
                          // A disk that is full is one of the things to be told of.
                          if (!written)
                              log::error("alerts", "cannot write alerts: {}", written.error().message);
                          core->parts.loop.post([core, held] {
                              core->apply(*held);
                              core->pump();
                          });
                      });
}

void Service::Core::pump() {
    Time now = parts.clock.now();
    std::optional<Time> next = groups.next();
    if (!next || *next > now) return;
    std::vector<Flush> due = groups.tick(now, parts.room());
    if (due.empty()) return;
    for (const Flush& each : due) {
        if (each.suppressed == 0) continue;
        ++stats.suppressed_total;
        auto silence = silences.find(each.suppression.what);
        if (silence != silences.end() && each.reason == Flush::Reason::kSuppressed) ++silence->second.hushed;
    }
    stats.flushed_total += due.size();
    parts.tell(std::move(due));
}

Task<> Service::Core::pump_due() {
    pump();
    while (groups.next().value_or(Time::max()) <= parts.clock.now()) {
        co_await io::sleep_for(kPumpAgain);
        pump();
    }
}

Task<> Service::Core::prune() {
    Time now = parts.clock.now();
    std::vector<Silence> counted;
    for (auto each = silences.begin(); each != silences.end();) {
        counted.push_back(each->second);
        each = each->second.ends + kKeepSilences < now ? silences.erase(each) : std::next(each);
    }
    store::Writer::Change forget = [now, counted](store::Database& db) -> Result<void> {
        for (const Silence& each : counted) {
            if (auto put = alerts::put_silence(db, each); !put) return put;
        }
        NS_TRY([[maybe_unused]] auto silences_gone, forget_silences(db, now - kKeepSilences));
        NS_TRY([[maybe_unused]] auto gone, forget_ended(db, now - kKeepEnded));
        return {};
    };
    Result<void> done = co_await parts.writer.commit(std::move(forget));
    if (!done) log::warn("alerts", "cannot forget old alerts: {}", done.error().message);
}

const MuteWindow* Service::Core::open_window(const Alert& alert, const RouteOptions& options,
                                             Time now) const {
    for (const MuteWindow& window : settings.windows) {
        const auto& names = options.mute_during;
        bool is_named = std::find(names.begin(), names.end(), window.name) != names.end();
        bool is_meant = is_named || (!window.matchers.empty() && match_all(window.matchers, alert.labels));
        if (!is_meant) continue;
        if (window.weekly.empty()) {
            if (window.starts <= now && now < window.ends) return &window;
            continue;
        }
        auto wall = parts.wall_time(window.zone, now);
        if (wall && covers(window.weekly, *wall)) return &window;
    }
    return nullptr;
}

Suppression Service::Core::suppression(const Alert& alert, const RouteOptions& options, Time now) const {
    for (const auto& [id, silence] : silences) {
        if (silence.mutes(alert, now)) return {Suppression::By::kSilence, id};
    }
    if (const MuteWindow* window = open_window(alert, options, now))
        return {Suppression::By::kWindow, window->name};
    return {};
}

}  // namespace nightshift::alerts
