#include "app/watch.h"

#include <algorithm>
#include <boost/json.hpp>

#include "alerts/measure.h"
#include "alerts/store.h"
#include "app/notifications.h"
#include "app/runbook_steps.h"
#include "app/spending.h"
#include "app/told.h"
#include "app/version.h"
#include "app/watch_numbers.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process_stats.h"
#include "base/random.h"
#include "base/text.h"
#include "incidents/ack_token.h"
#include "incidents/conclude.h"
#include "incidents/incident_json.h"
#include "io/ask.h"
#include "io/blocking.h"
#include "io/completion.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;

constexpr const char* kSigningKeyFile = "incidents.secret";
constexpr std::string_view kTopic = "incidents";

// Made once for an installation: whoever knows it can acknowledge every incident.
Result<std::string> read_signing_key(const std::filesystem::path& data) {
    std::filesystem::path path = data / kSigningKeyFile;
    if (!std::filesystem::exists(path)) {
        if (auto written = write_file_atomically(path, random_bytes(32), 0600); !written)
            return Failure(written.error());
    }
    return read_file(path, 4096);
}

Result<void> migrate(store::Database& db) {
    if (auto done = alerts::migrate_alerts(db); !done) return done;
    return alerts::migrate_history(db);
}

}  // namespace

Watch::Watch(Parts parts, const Config& config, const std::filesystem::path& data)
    : parts_(std::move(parts)),
      config_(std::make_shared<const Config>(config)),
      data_(data),
      changes_(parts_.work.writer(), parts_.work.readers()) {}

Watch::~Watch() = default;

Result<std::unique_ptr<Watch>> Watch::open(Parts parts, const Config& config,
                                           const std::filesystem::path& data) {
    std::unique_ptr<Watch> watch(new Watch(std::move(parts), config, data));
    if (auto opened = watch->open_services(); !opened) return Failure(opened.error());
    return watch;
}

Result<void> Watch::open_services() {
    NS_TRY(std::string key, read_signing_key(data_));
    signing_key_ = Secret(std::move(key));
    if (auto loaded = changes_.load(parts_.clock.now()); !loaded) return loaded;
    verdicts_.load(parts_.work.jobs(), config_->jobs, parts_.clock.now());
    loop_ = std::make_unique<io::Loop>("alerts");
    tasks_ = std::make_unique<io::TaskGroup>(*loop_, "watch");
    nodes_ = std::make_unique<Nodes>(*loop_, parts_.clock, config_->nodes);
    DeadMan::Parts outbox{*loop_, parts_.clock, parts_.work.writer(), parts_.work.deliveries()};
    dead_man_ = std::make_unique<DeadMan>(outbox, config_->dead_man);
    FactGatherer::Parts facts{*loop_,
                              parts_.pool,
                              parts_.clock,
                              parts_.work.jobs(),
                              parts_.work.deliveries(),
                              parts_.fleet,
                              parts_.recorder,
                              verdicts_,
                              changes_,
                              data_,
                              parts_.gateway,
                              parts_.failing,
                              [this](std::string_view alertname) { return listens_to(alertname); },
                              parts_.probes};
    gatherer_ = std::make_unique<FactGatherer>(std::move(facts));
    NS_TRY(writer_, store::Writer::open(data_ / "alerts.db", migrate));
    readers_ = std::make_unique<store::Readers>(data_ / "alerts.db");
    auto has_room = [data = data_, keep_free = config_->recorder.keep_free] {
        DiskStats disk = read_disk_stats(data);
        return disk.total_bytes == 0 || disk.free_bytes >= keep_free;
    };
    NS_TRY(historian_,
           alerts::Historian::open({*loop_, *writer_, *readers_, parts_.clock, has_room}, config_->alerts));
    NS_TRY(incidents_, incidents::Service::open(incidents_parts(), incident_settings(*config_)));
    TakeStep steps = make_steps({parts_.pool, parts_.clock, parts_.work, parts_.fleet, parts_.gateway});
    NS_TRY(runbooks_, RunbookRunner::open({*loop_, parts_.work.writer(), parts_.work.readers(), parts_.clock,
                                           *incidents_, std::move(steps)},
                                          config_->runbooks));
    NS_TRY(alerts_, alerts::Service::open(alert_parts(), config_->alerts));
    return {};
}

void Watch::start() {
    incidents::ChangeFact started{parts_.clock.now(), fmt::format("Nightshift {} started", kVersion),
                                  "nightshift"};
    started.is_restart = true;
    changes_.note({"", std::move(started)});
    incidents_->start();
    alerts_->start();
    loop_->post([this] {
        runbooks_->start();
        nodes_->start();
        historian_->start();
        dead_man_->start();
    });
}

// Who asks stops first: then nothing is left that could reach what it asked.
void Watch::stop() {
    alerts_->stop();
    incidents_->stop();
    io::run_blocking(*loop_, [this] { return stop_here(); });
    // Behind what was still to be written nothing is left that could come back to our loop.
    auto passed = parts_.work.writer().commit_blocking([](store::Database&) -> Result<void> { return {}; });
    if (!passed) log::warn("app", "the last words of incidents: {}", passed.error().message);
    loop_->stop();
}

Task<> Watch::stop_here() {
    co_await tasks_->stop();
    co_await runbooks_->stop();
    co_await nodes_->stop();
    co_await dead_man_->stop();
    co_await gatherer_->stop();
    co_await historian_->stop();
}

void Watch::reload(const Config& config) {
    auto next = std::make_shared<const Config>(config);
    verdicts_.keep(config.jobs);
    loop_->post([this, next] {
        note_changes(*next);
        config_ = next;
        dead_man_->reload(next->dead_man);
        runbooks_->replace(next->runbooks);
        incidents_->reload(incident_settings(*next));
        alerts_->reload(next->alerts);
        historian_->reload(next->alerts);
    });
}

void Watch::note_changes(const Config& next) {
    Time now = parts_.clock.now();
    changes_.note({"", {now, "configuration reloaded", "nightshift"}});
    for (const jobs::JobPtr& job : next.jobs) {
        bool is_same = std::any_of(config_->jobs.begin(), config_->jobs.end(), [&](const jobs::JobPtr& each) {
            return each->tenant == job->tenant && each->name == job->name && each->revision == job->revision;
        });
        if (is_same) continue;
        incidents::ChangeFact change{now, fmt::format("job {} changed", job->name), "nightshift"};
        change.about = "job:" + job->name;
        changes_.note({job->tenant, std::move(change)});
    }
}

incidents::Settings Watch::incident_settings(const Config& config) const {
    incidents::Settings settings = config.incidents;
    settings.signing_key = signing_key_;
    settings.first_wait = nodes_->first_wait();
    return settings;
}

alerts::Service::Parts Watch::alert_parts() {
    SignalSources sources{parts_.clock, parts_.fleet, parts_.gateway, parts_.work.deliveries(),
                          verdicts_,    data_,        parts_.tenants, parts_.failing,
                          parts_.probes};
    return {.loop = *loop_,
            .pool = parts_.pool,
            .writer = *writer_,
            .readers = *readers_,
            .recorder = parts_.recorder,
            .clock = parts_.clock,
            .observe = [this, sources] { return observe(sources); },
            .tell = [this](std::vector<alerts::Flush> groups) { tell(std::move(groups)); },
            .room = [this] { return incidents_->room(); },
            .told =
                [this] {
                    std::vector<alerts::Told> all;
                    for (incidents::Service::Known& each : incidents_->known())
                        all.push_back({std::move(each.key), std::move(each.firing), each.at});
                    return all;
                },
            .wall_time = [this](const std::string& zone, Time at) { return wall_time(zone, at); }};
}

Task<std::vector<alerts::Observation>> Watch::observe(SignalSources sources) {
    std::vector<alerts::Observation> seen = co_await gather_signals(std::move(sources));
    historian_->look(seen);
    co_return seen;
}

incidents::Service::Parts Watch::incidents_parts() {
    return {
        .loop = *loop_,
        .pool = parts_.pool,
        .writer = parts_.work.writer(),
        .readers = parts_.work.readers(),
        .clock = parts_.clock,
        .gather = [this](const incidents::Incident& incident) { return gather(incident); },
        .spent =
            [this](const incidents::Incident& incident) {
                return spending(parts_.recorder, parts_.pool, incident);
            },
        .enqueue = [](store::Database& db, const std::string& tenant, const incidents::Wish& wish,
                      Time now) -> Result<void> {
            NS_TRY([[maybe_unused]] std::string id,
                   delivery::Service::enqueue(db, delivery_of(tenant, wish), now));
            return {};
        },
        .wake_deliveries = [this] { parts_.work.deliveries().wake(); },
        .mark_heard = [](store::Database& db,
                         const std::string& id) { return delivery::Service::mark_told(db, id); },
        .can_edit = [this](const std::string& channel) { return can_edit(config_->channels, channel); },
        .speaks_alertmanager =
            [this](const std::string& channel) { return speaks_alertmanager(config_->channels, channel); },
        .is_quiet = [this](Time now) { return is_quiet(now); },
        .dealt_with_by = [this](const std::string& tenant,
                                const std::string& key) { return nodes_->deals_with(tenant, key); },
        .on_change = [this](const incidents::Incident& incident,
                            bool is_gone) { publish(incident, is_gone); }};
}

// What is only for information makes no incident, unless somebody is to be told of it.
void Watch::tell(std::vector<alerts::Flush> groups) {
    Time now = parts_.clock.now();
    bool tells_info = config_->incidents.policies.contains(Severity::kInfo);
    std::vector<incidents::Told> told;
    for (const alerts::Flush& each : groups) {
        incidents::Told one = told_of(each, config_->stakes, config_->jobs, now);
        bool is_info = one.change.stakes.asked == Severity::kInfo && one.change.stakes.impact != "blocking";
        if (is_info && !tells_info && one.policy.empty()) continue;
        told.push_back(std::move(one));
    }
    incidents_->tell(std::move(told));
}

std::string Watch::listens_to(std::string_view alertname) const {
    for (const alerts::RulePtr& each : config_->alerts.rules) {
        if (each->name == alertname && each->on == alerts::SignalKind::kSilence) return each->measure.where;
    }
    return "";
}

Task<incidents::Facts> Watch::gather(const incidents::Incident& incident) {
    return gatherer_->gather(
        {incident.tenant, incident.subject, incident.labels, std::string(incident.title), incident.started});
}

Task<Result<incidents::Diagnosis>> Watch::diagnose(std::string tenant, incidents::Subject subject) {
    FactGatherer::Question question{tenant, subject, Labels{{subject.kind, subject.name}}, "",
                                    parts_.clock.now()};
    if (subject.kind == "job") {
        auto known = co_await parts_.work.jobs().job(tenant, subject.name);
        if (!known) co_return fail(Code::kNotFound, "there is no job {:.100}", subject.name);
    }
    if (subject.kind == "probe") {
        Result<health::ProbeView> known = co_await parts_.probes.find(subject.name);
        if (!known) co_return Failure(known.error());
    }
    bool is_known = subject.kind != "session" || parts_.fleet.session(tenant, subject.name).has_value();
    is_known = is_known && (subject.kind != "agent" || parts_.fleet.agent(tenant, subject.name).has_value());
    if (!is_known) co_return fail(Code::kNotFound, "there is no {} {:.100}", subject.kind, subject.name);
    co_return co_await here<incidents::Diagnosis>([this, question] { return diagnose_now(question); });
}

Task<incidents::Diagnosis> Watch::diagnose_now(FactGatherer::Question question) {
    auto started = std::chrono::steady_clock::now();
    incidents::Facts facts = co_await gatherer_->gather(std::move(question));
    auto gathered = std::chrono::steady_clock::now();
    incidents::Diagnosis diagnosis = incidents::diagnose(facts, parts_.clock.now());
    auto ended = std::chrono::steady_clock::now();
    diagnosis.took = std::chrono::duration_cast<microseconds>(ended - started);
    diagnosis.decision = std::chrono::duration_cast<microseconds>(ended - gathered);
    co_return diagnosis;
}

// Tells `done` of what `work` comes to.
template <class T>
Task<> Watch::answer(std::function<Task<T>()> work, std::function<void(T)> done) {
    T value = co_await work();
    done(std::move(value));
}

template <class T>
Task<T> Watch::here(std::function<Task<T>()> work) {
    std::function<void(std::function<void(T)>)> start =
        [this, work = std::move(work)](std::function<void(T)> done) {
            loop_->post([this, work, done = std::move(done)] {
                tasks_->spawn([work, done] { return answer<T>(work, done); });
            });
        };
    T value = co_await io::completion<T>(std::move(start));
    co_return value;
}

std::vector<api::Failing> Watch::troubles() const {
    std::vector<api::Failing> all = nodes_->failing();
    if (auto unheard = dead_man_->failing()) all.push_back(*unheard);
    return all;
}

Task<json::object> Watch::numbers() const {
    alerts::Stats alerts = co_await alerts_->stats();
    incidents::Stats incidents = co_await incidents_->stats();
    delivery::Stats deliveries = parts_.work.deliveries().stats();
    std::function<alerts::HistoryStats()> ask = [this] { return historian_->stats(); };
    alerts::HistoryStats history = co_await io::ask<alerts::HistoryStats>(*loop_, std::move(ask));
    co_return show_numbers({alerts, history, incidents, deliveries});
}

bool Watch::on_delivery(const delivery::Delivery& delivery) {
    if (dead_man_->take(delivery)) return false;
    auto receipt = receipt_of(delivery);
    if (!receipt) return false;
    incidents_->delivery_settled(receipt->incident, std::move(receipt->receipt));
    return true;
}

std::optional<alerts::WallTime> Watch::wall_time(const std::string& zone, Time at) const {
    auto known = parts_.work.zones().find(zone);
    if (!known) return std::nullopt;
    int64_t wall = (*known)->wall_of(unix_ms(at) / 1000);
    int64_t day = wall / 86'400 - (wall % 86'400 < 0 ? 1 : 0);
    int64_t second = wall - day * 86'400;
    // The first of January 1970 was a Thursday.
    return alerts::WallTime{static_cast<int>((day % 7 + 7 + 3) % 7), static_cast<int>(second / 60)};
}

bool Watch::is_quiet(Time now) const {
    if (config_->quiet_hours.empty()) return false;
    auto wall = wall_time(config_->quiet_zone, now);
    return wall && alerts::covers(config_->quiet_hours, *wall);
}

void Watch::publish(const incidents::Incident& incident, bool is_gone) {
    if (!is_gone && runbooks_) runbooks_->consider(incident);
    if (is_gone) return parts_.hub.remove(incident.tenant, kTopic, incident.id);
    parts_.hub.put(incident.tenant, kTopic, incident.id, incidents::to_brief_json(incident));
}

Task<Result<alerts::Preview>> Watch::preview(alerts::RulePtr rule, Time from, Time to) {
    if (alerts::Historian::keeps(rule->on)) {
        // What cannot be written is a gap in the answer.
        std::ignore = co_await here<Result<void>>([this] { return historian_->write(); });
    }
    std::function<Result<alerts::Preview>()> look = [this, rule, from, to] {
        return look_back(*rule, from, to);
    };
    Result<alerts::Preview> seen = co_await parts_.pool.run<alerts::Preview>(std::move(look));
    co_return seen;
}

Result<alerts::Preview> Watch::look_back(const alerts::Rule& rule, Time from, Time to) {
    if (alerts::Historian::keeps(rule.on)) return historian_->preview(rule, from, to);
    seconds step = alerts::preview_step(rule, from, to);
    if (rule.on != alerts::SignalKind::kJob) {
        alerts::LookBack measured = [&](Time at) { return alerts::measure(parts_.recorder, rule, at); };
        return alerts::preview(rule, measured, from, to, step);
    }
    NS_TRY(JobHistory history, JobHistory::read(parts_.work.jobs(), rule.tenant, from, to));
    alerts::LookBack told = [&](Time at) -> Result<std::vector<alerts::Signal>> {
        return history.signals(at);
    };
    return alerts::preview(rule, told, from, to, step);
}

Task<json::array> Watch::runbooks_of(incidents::Incident incident) {
    co_return runbooks_->show(incident);
}

api::ChangeParts Watch::change_parts() {
    return {.clock = parts_.clock,
            .add =
                [this](std::string tenant, incidents::ChangeFact fact) {
                    return changes_.add({std::move(tenant), std::move(fact)});
                },
            .since = [this](const std::string& tenant, Time after) { return changes_.since(tenant, after); }};
}

api::IncidentParts Watch::incident_parts() {
    api::IncidentParts parts{.incidents = *incidents_, .clock = parts_.clock};
    parts.diagnose = [this](std::string tenant, incidents::Subject subject) {
        return diagnose(std::move(tenant), std::move(subject));
    };
    parts.runbooks = [this](incidents::Incident incident) {
        return here<json::array>([this, incident] { return runbooks_of(incident); });
    };
    parts.run = [this](incidents::Incident incident, std::string runbook, api::IncidentParts::Wish wish) {
        return here<Result<json::object>>(
            [this, incident, runbook, wish] { return runbooks_->run(incident, runbook, wish); });
    };
    parts.verify = [this](const std::string& incident, const std::string& token) {
        return incidents::verify(token, incident, signing_key_, parts_.clock.now());
    };
    return parts;
}

}  // namespace nightshift::app
