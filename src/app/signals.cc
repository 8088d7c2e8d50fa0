#include "app/signals.h"

#include <algorithm>
#include <boost/json.hpp>

#include "app/json_at.h"
#include "base/process_stats.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;
using alerts::Observation;
using alerts::Signal;
using alerts::SignalKind;
using fleet::AgentState;

constexpr double kBudgetShareMin = 0.5;
constexpr std::string_view kOwnTenant = "default";

bool is_bad(jobs::Verdict verdict) {
    return verdict == jobs::Verdict::kFailed || verdict == jobs::Verdict::kMissed ||
           verdict == jobs::Verdict::kContradicted;
}

// Only of those in trouble the words are read; the others are known by their state.
bool is_of_interest(AgentState state) {
    return state != AgentState::kIdle && state != AgentState::kWorking;
}

Signal fleet_signal(const std::string& tenant, const fleet::Entry& entry, std::string_view kind) {
    Signal signal{.tenant = tenant};
    signal.labels = {{kind, entry.id}, {"agent", entry.agent}, {"state", fleet::to_string(entry.state)}};
    signal.since = from_unix_us(entry.last_us);
    signal.ref = fmt::format("{}:{}", kind, entry.id);
    return signal;
}

// The state's words, and a signal for each loop that goes on.
void add_words(Signal& signal, const fleet::Entry& entry, std::vector<Signal>* loops) {
    json::error_code error;
    json::value parsed = json::parse(entry.json, error);
    if (error) return;
    if (json_at(parsed, "state") != nullptr) {
        signal.says = text_at(parsed, "state.why");
        signal.since = time_at(parsed, "state.since_ms").value_or(Time());
    }
    const json::value* detections = json_at(parsed, "detections");
    if (loops == nullptr || detections == nullptr || !detections->is_array()) return;
    for (const json::value& each : detections->as_array()) {
        if (!each.is_object()) continue;
        Signal loop = signal;
        loop.labels.set("detector", text_at(each, "kind"));
        loop.says = text_at(each, "explanation");
        loop.value = number_at(each, "count");
        loop.since = time_at(each, "since_ms").value_or(Time());
        loops->push_back(std::move(loop));
        return;
    }
}

void add_fleet(const SignalSources& sources, std::vector<Observation>& out) {
    Observation sessions{SignalKind::kSession, {}, ""};
    Observation agents{SignalKind::kAgent, {}, ""};
    Observation loops{SignalKind::kLoop, {}, ""};
    if (sources.fleet.stats().is_behind)
        sessions.unknown_why = agents.unknown_why = loops.unknown_why = "the fleet is behind its events";
    for (const std::string& tenant : sources.tenants()) {
        std::shared_ptr<const fleet::View> view = sources.fleet.view(tenant);
        if (!view) continue;
        for (const auto& entry : view->sessions()) {
            Signal signal = fleet_signal(tenant, *entry, "session");
            bool is_loop = entry->state == AgentState::kLooping;
            if (is_of_interest(entry->state)) add_words(signal, *entry, is_loop ? &loops.signals : nullptr);
            sessions.signals.push_back(std::move(signal));
        }
        for (const auto& entry : view->agents()) {
            Signal signal = fleet_signal(tenant, *entry, "agent");
            signal.labels.set("agent", entry->id);
            if (is_of_interest(entry->state)) add_words(signal, *entry, nullptr);
            agents.signals.push_back(std::move(signal));
        }
    }
    out.push_back(std::move(sessions));
    out.push_back(std::move(agents));
    out.push_back(std::move(loops));
}

void add_gateway(const SignalSources& sources, std::vector<Observation>& out) {
    Observation routes{SignalKind::kRoute, {}, ""};
    Observation budgets{SignalKind::kBudget, {}, ""};
    if (gateway::Gateway* gateway = sources.gateway()) {
        for (const gateway::RouteReport& each : gateway->routes()) {
            std::string_view standing = !each.is_served         ? "down"
                                        : each.troubled.empty() ? "good"
                                                                : "degraded";
            Signal signal{.labels = {{"route", each.route}, {"standing", standing}}};
            signal.value = each.is_served ? 0 : 1;
            signal.says = each.is_served ? each.troubled : each.why;
            signal.ref = "route:" + each.route;
            routes.signals.push_back(std::move(signal));
        }
        for (const std::string& tenant : sources.tenants()) {
            for (const auto& each : gateway->budgets(tenant, kBudgetShareMin)) {
                Signal signal{.tenant = tenant, .value = each.share};
                signal.labels = {{"limit", each.limit}, {"subject", each.subject}, {"window", each.window}};
                signal.says = fmt::format("{:.0f} % used of this {}", each.share * 100, each.window);
                budgets.signals.push_back(std::move(signal));
            }
        }
    }
    out.push_back(std::move(routes));
    out.push_back(std::move(budgets));
}

// Our own parts and the sources we listen to; model routes have their own kind.
void add_failing(const SignalSources& sources, std::vector<Observation>& out) {
    Observation parts{SignalKind::kPart, {}, ""};
    Observation followed{SignalKind::kSource, {}, ""};
    for (const api::Failing& each : sources.failing()) {
        if (each.part.starts_with("route ")) continue;
        bool is_source = each.part.starts_with("source ");
        Signal signal{.tenant = std::string(kOwnTenant), .value = 1};
        signal.since = from_unix_ms(each.since_ms);
        signal.says = each.message;
        if (is_source) {
            std::string name = each.part.substr(7);
            signal.labels = {{"source", name}, {"state", "unreachable"}};
            signal.ref = "source:" + name;
            followed.signals.push_back(std::move(signal));
        } else {
            signal.labels = {{"part", each.part}};
            parts.signals.push_back(std::move(signal));
        }
    }
    out.push_back(std::move(parts));
    out.push_back(std::move(followed));
}

void add_resources(const SignalSources& sources, std::vector<Observation>& out) {
    Observation resources{SignalKind::kResource, {}, ""};
    DiskStats disk = read_disk_stats(sources.data);
    if (disk.total_bytes == 0) {
        resources.unknown_why = "the disk of the data folder cannot be asked";
    } else {
        Signal signal{.tenant = std::string(kOwnTenant), .labels = {{"resource", "disk"}}};
        signal.value = 1 - static_cast<double>(disk.free_bytes) / static_cast<double>(disk.total_bytes);
        signal.says =
            fmt::format("{:.1f} GB of {:.1f} GB are free", static_cast<double>(disk.free_bytes) / 1e9,
                        static_cast<double>(disk.total_bytes) / 1e9);
        resources.signals.push_back(std::move(signal));
    }
    out.push_back(std::move(resources));
}

Observation channel_signals(const Result<std::vector<delivery::ChannelHealth>>& health) {
    Observation channels{SignalKind::kChannel, {}, ""};
    if (!health) {
        channels.unknown_why = health.error().message;
        return channels;
    }
    for (const delivery::ChannelHealth& each : *health) {
        if (!each.is_configured) continue;
        bool fails = each.last_error && (!each.last_receipt || *each.last_error > *each.last_receipt);
        Signal signal{.tenant = std::string(kOwnTenant)};
        signal.labels = {{"channel", each.name}, {"state", fails ? "failing" : "good"}};
        signal.value = static_cast<double>(each.waiting);
        signal.says = fails ? each.last_error_text : "";
        if (each.last_error) signal.since = *each.last_error;
        signal.ref = "channel:" + each.name;
        channels.signals.push_back(std::move(signal));
    }
    return channels;
}

}  // namespace

std::optional<Signal> signal_of(const jobs::Occurrence& occurrence, uint32_t bad_in_a_row, Time now) {
    auto verdict = occurrence.verdict_at(now);
    if (!verdict) return std::nullopt;
    Signal signal{.tenant = occurrence.key.tenant};
    bool is_degraded = !is_bad(*verdict) && !occurrence.warning.empty();
    signal.labels = {{"job", occurrence.key.job},
                     {"verdict", jobs::to_string(*verdict)},
                     {"impact", is_bad(*verdict) ? "blocking"
                                : is_degraded    ? "degraded"
                                                 : ""}};
    signal.value = bad_in_a_row;
    signal.says = is_degraded ? occurrence.warning : occurrence.why;
    signal.since = occurrence.decided.value_or(occurrence.key.nominal);
    signal.ref = "run:" + jobs::occurrence_id(occurrence.key);
    return signal;
}

std::vector<Signal> probe_signals(const std::vector<health::ProbeView>& probes) {
    std::vector<Signal> all;
    for (const health::ProbeView& each : probes) {
        const health::ProbeSpec& spec = *each.spec;
        Signal signal{.tenant = std::string(kOwnTenant), .added = spec.labels};
        if (!spec.subject.empty()) signal.added.set(spec.subject.kind, spec.subject.name);
        signal.labels = signal.added;
        signal.labels.set("probe", spec.name);
        signal.labels.set("state", health::to_string(each.standing.state));
        signal.labels.set("last", each.last);
        signal.value = each.standing.state == health::State::kPassing ? 0 : 1;
        signal.since = each.standing.since;
        signal.says = each.standing.why;
        signal.ref = "probe:" + spec.name;
        all.push_back(std::move(signal));
    }
    return all;
}

void JobVerdicts::load(jobs::Service& service, const std::vector<jobs::JobPtr>& all, Time now) {
    for (const jobs::JobPtr& job : all) {
        using Rows = std::vector<jobs::Occurrence>;
        Result<Rows> rows = service.readers().read<Rows>([&](store::Database& db) {
            return jobs::find_occurrences(
                db, {.tenant = job->tenant, .job = job->name, .until = now, .limit = 20});
        });
        if (!rows) continue;
        for (auto row = rows->rbegin(); row != rows->rend(); ++row) take(*row);
    }
}

void JobVerdicts::take(const jobs::Occurrence& occurrence) {
    if (!occurrence.verdict) return;
    std::lock_guard lock(mutex_);
    Last& last = last_[{occurrence.key.tenant, occurrence.key.job}];
    // An older one that ends late says nothing of how the job stands.
    if (last.occurrence.verdict && last.occurrence.key.nominal > occurrence.key.nominal) return;
    bool is_same = last.occurrence.verdict && last.occurrence.key == occurrence.key;
    if (!is_same) last.bad_in_a_row = is_bad(*occurrence.verdict) ? last.bad_in_a_row + 1 : 0;
    // What was decided against says nothing of the work either.
    if (*occurrence.verdict == jobs::Verdict::kSkipped && last.occurrence.verdict) return;
    last.occurrence = occurrence;
}

void JobVerdicts::keep(const std::vector<jobs::JobPtr>& all) {
    std::lock_guard lock(mutex_);
    std::erase_if(last_, [&](const auto& each) {
        return std::none_of(all.begin(), all.end(), [&](const jobs::JobPtr& job) {
            return job->tenant == each.first.first && job->name == each.first.second;
        });
    });
}

std::vector<Signal> JobVerdicts::signals(Time now) const {
    std::lock_guard lock(mutex_);
    std::vector<Signal> all;
    for (const auto& [key, last] : last_) {
        if (auto signal = signal_of(last.occurrence, last.bad_in_a_row, now))
            all.push_back(std::move(*signal));
    }
    return all;
}

Result<JobHistory> JobHistory::read(jobs::Service& service, const std::string& tenant, Time from, Time to) {
    using Rows = std::vector<jobs::Occurrence>;
    JobHistory history;
    NS_TRY(history.rows_, service.readers().read<Rows>([&](store::Database& db) {
        return jobs::find_occurrences(db, {.tenant = tenant, .until = to, .limit = kRowsMax});
    }));
    // What was decided before counts as the state that was found at the beginning.
    std::erase_if(history.rows_, [&](const jobs::Occurrence& each) {
        return !each.decided || *each.decided > to || each.key.nominal < from - std::chrono::hours(24 * 7);
    });
    std::sort(history.rows_.begin(), history.rows_.end(),
              [](const jobs::Occurrence& a, const jobs::Occurrence& b) { return *a.decided < *b.decided; });
    return history;
}

std::vector<Signal> JobHistory::signals(Time at) {
    for (; next_ < rows_.size() && *rows_[next_].decided <= at; ++next_) verdicts_->take(rows_[next_]);
    return verdicts_->signals(at);
}

Task<std::vector<Observation>> gather_signals(SignalSources sources) {
    std::vector<Observation> out;
    add_fleet(sources, out);
    add_gateway(sources, out);
    add_failing(sources, out);
    add_resources(sources, out);
    out.push_back({SignalKind::kJob, sources.verdicts.signals(sources.clock.now()), ""});
    Result<std::vector<delivery::ChannelHealth>> health = co_await sources.deliveries.channels();
    out.push_back(channel_signals(health));
    std::vector<health::ProbeView> probes = co_await sources.probes.list();
    out.push_back({SignalKind::kProbe, probe_signals(probes), ""});
    co_return out;
}

}  // namespace nightshift::app
