#include "app/work.h"

#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "health/store.h"
#include "incidents/store.h"
#include "io/ask.h"
#include "io/blocking.h"
#include "jobs/runner/spawn_keeper.h"
#include "jobs/show.h"
#include "net/client.h"

namespace nightshift::app {

namespace json = boost::json;

namespace {

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

std::string about(const jobs::OccurrenceKey& key) {
    return "run:" + jobs::occurrence_id(key);
}

// An agent that names no folder works at home.
std::vector<jobs::AgentSpec> with_folders(std::vector<jobs::AgentSpec> agents) {
    for (jobs::AgentSpec& agent : agents) {
        if (agent.command.folder.empty()) agent.command.folder = environment("HOME").value_or("/");
    }
    return agents;
}

// Made once for an installation: whoever knows it can ping every job.
Result<std::string> read_secret(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) {
        if (auto written = write_file_atomically(path, random_bytes(32), 0600); !written)
            return Failure(written.error());
    }
    return read_file(path, 4096);
}

json::object delivery_json(const delivery::Delivery& delivery) {
    json::object out{{"id", delivery.id},
                     {"channel", delivery.channel},
                     {"state", delivery::to_string(delivery.state)},
                     {"why", delivery.why},
                     {"attempts", delivery.attempt_count},
                     {"created_ms", unix_ms(delivery.created)},
                     {"receipt", nullptr}};
    if (delivery.receipt) {
        out["receipt"] = json::object{{"provider", delivery.receipt->provider},
                                      {"identifier", delivery.receipt->identifier},
                                      {"place", delivery.receipt->place},
                                      {"detail", delivery.receipt->detail},
                                      {"time_ms", unix_ms(delivery.receipt->time)}};
    }
    return out;
}

// What a gateway's record of a cron run says, as a watched job's word.
jobs::Word word_of(const recorder::Event& event) {
    jobs::Word word;
    word.started = from_unix_us(event.time_us);
    word.run_id = std::to_string(event.time_us);  // of its start, which both its ends name
    if (event.status == recorder::Status::kRunning) {
        word.kind = jobs::Word::Kind::kStart;
    } else if (event.status == recorder::Status::kOk) {
        word.kind = jobs::Word::Kind::kSuccess;
    } else {
        word.kind = jobs::Word::Kind::kFailure;
        word.text = std::string(event.error_type);
    }
    word.tokens = event.input_tokens + event.output_tokens;
    word.cost_nano_usd = event.cost_nano_usd;
    return word;
}

bool is_of(const recorder::Event& event, const jobs::WatchAction& watch) {
    if (!watch.openclaw_source.empty() && event.source != "openclaw/" + watch.openclaw_source) return false;
    return event.attributes.find(fmt::format(R"("job_id":"{}")", watch.openclaw_id)) !=
           std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<Work>> Work::open(Parts parts, const Config& config,
                                         const std::filesystem::path& data) {
    std::unique_ptr<Work> work(new Work(std::move(parts), config));
    if (auto opened = work->open_services(data); !opened) return Failure(opened.error());
    return work;
}

Work::~Work() = default;

jobs::Service::Options Work::job_options(const std::filesystem::path& data) {
    jobs::Service::Options options;
    options.program = jobs::find_keeper_program();
    options.folder = data / "runs";
    options.engine.runs_max = static_cast<uint32_t>(config_.runs.at_once);
    options.engine.catch_ups_max = static_cast<uint32_t>(config_.runs.catch_up_at_once);
    options.engine.catch_up_budget_nano_usd = std::llround(config_.runs.catch_up_cost * 1e9);
    options.engine.seed = Random::seeded().next();
    options.keep = std::chrono::duration_cast<std::chrono::hours>(config_.runs.keep);
    options.keep_output = std::chrono::duration_cast<std::chrono::hours>(config_.runs.keep_output);
    options.environment = environment;
    options.enqueue = [this](store::Database& db, const jobs::OccurrenceKey& key,
                             const jobs::DeliveryWish& wish) -> Result<void> {
        delivery::NewDelivery wanted{key.tenant, wish.key, wish.channel, wish.subject, wish.text, about(key)};
        NS_TRY([[maybe_unused]] std::string id, delivery::Service::enqueue(db, wanted, parts_.clock.now()));
        return {};
    };
    options.wake_deliveries = [this] { deliveries_->wake(); };
    options.delivery_facts = [this](jobs::OccurrenceKey key) { return facts_of(std::move(key)); };
    options.run_elsewhere = [this](jobs::StartRun start, std::filesystem::path folder) {
        return openclaw_.perform(std::move(start), std::move(folder));
    };
    options.stop_elsewhere = [this](jobs::StopRun stop) { return openclaw_.stop(std::move(stop)); };
    options.gateway = parts_.model_gateway;
    options.on_jobs = [this](const std::vector<jobs::JobPtr>& all) { watch(all); };
    options.on_change = [this](const jobs::Occurrence& occurrence) {
        publish(occurrence);
        parts_.on_occurrence(occurrence);
    };
    return options;
}

Result<void> Work::open_services(const std::filesystem::path& data) {
    zones_ = config_.zones ? config_.zones : std::make_shared<jobs::Zones>();
    NS_TRY(std::string secret, read_secret(data / "ping.secret"));
    ping_keys_ = std::make_unique<PingKeys>(std::move(secret));
    know_channels(config_);
    watch(config_.jobs);
    auto migrate = [](store::Database& db) -> Result<void> {
        if (auto done = jobs::migrate_jobs(db); !done) return done;
        if (auto done = incidents::migrate_incidents(db); !done) return done;
        if (auto done = health::migrate_health(db); !done) return done;
        return delivery::migrate_deliveries(db);
    };
    NS_TRY(writer_, store::Writer::open(data / "state.db", migrate));
    readers_ = std::make_unique<store::Readers>(data / "state.db");
    NS_TRY(deliveries_, delivery::Service::open({parts_.loop, parts_.pool, *writer_, *readers_, parts_.clock},
                                                config_.channels, {}));
    NS_TRY(jobs_, jobs::Service::open({parts_.loop, parts_.pool, *writer_, *readers_, parts_.clock, *zones_,
                                       &parts_.recorder},
                                      job_options(data), config_.jobs));
    deliveries_->set_on_settled([this](const delivery::Delivery& delivery) {
        if (!delivery.about.starts_with("run:")) return parts_.on_delivery(delivery);
        auto key = jobs::parse_occurrence_id(delivery.tenant, std::string_view(delivery.about).substr(4));
        if (key) jobs_->delivery_settled(*key);
        return false;
    });
    jobs::Supervisor::Options supervised;
    supervised.program = jobs::find_keeper_program();
    supervised.folder = data / "agents";
    supervised.check = [this](const jobs::AgentSpec& spec, Time started) {
        return look_for_life(spec, started);
    };
    supervised.on_change = [this](const jobs::AgentStatus& agent) {
        parts_.hub.put("default", "supervised", agent.name, json::serialize(jobs::show(agent)));
    };
    supervisor_ =
        std::make_unique<jobs::Supervisor>(parts_.loop, parts_.clock, parts_.pool, std::move(supervised));
    tasks_ = std::make_unique<io::TaskGroup>(parts_.loop, "work");
    return {};
}

Result<void> Work::start() {
    if (auto started = jobs_->start(); !started) return started;
    parts_.loop.post([this] { supervisor_->apply(with_folders(config_.agents)); });
    return {};
}

void Work::start_deliveries() {
    deliveries_->start();
}

void Work::stop_runs() {
    jobs_->stop();
}

void Work::stop() {
    deliveries_->stop();
    io::run_blocking(parts_.loop, [this] { return close(); });
}

void Work::on_batch(const recorder::EventBatch& batch) {
    jobs_->on_batch(batch);
    std::shared_ptr<const std::vector<jobs::JobPtr>> watched = std::atomic_load(&watched_);
    for (const jobs::JobPtr& job : *watched) {
        const auto& watch = std::get<jobs::WatchAction>(job->action);
        for (const recorder::Event& event : batch.events) {
            if (event.kind != recorder::Kind::kJob || event.tenant != job->tenant || !is_of(event, watch))
                continue;
            parts_.loop.post([this, job, word = word_of(event)] {
                tasks_->spawn([this, job, word]() { return tell(job, word); });
            });
        }
    }
}

std::string Work::missing(const jobs::Job& job) const {
    std::shared_ptr<const std::vector<std::string>> channels = std::atomic_load(&channels_);
    for (const jobs::DeliverySpec& delivery : job.deliveries) {
        if (std::find(channels->begin(), channels->end(), delivery.channel) == channels->end())
            return fmt::format("there is no channel {} in the configuration", delivery.channel);
    }
    return "";
}

void Work::know_channels(const Config& config) {
    auto names = std::make_shared<std::vector<std::string>>();
    for (const delivery::ChannelSpec& each : config.channels) names->push_back(each.name);
    std::atomic_store(&channels_, std::shared_ptr<const std::vector<std::string>>(std::move(names)));
}

void Work::watch(const std::vector<jobs::JobPtr>& all) {
    auto watched = std::make_shared<std::vector<jobs::JobPtr>>();
    for (const jobs::JobPtr& job : all) {
        const auto* action = std::get_if<jobs::WatchAction>(&job->action);
        if (action != nullptr && !action->openclaw_id.empty()) watched->push_back(job);
    }
    std::atomic_store(&watched_, std::shared_ptr<const std::vector<jobs::JobPtr>>(std::move(watched)));
    ping_keys_->learn(all);
}

Task<> Work::close() {
    co_await supervisor_->close();
    co_await tasks_->stop();
}

Task<> Work::take(const Config& config, Result<void>& taken) {
    taken = co_await jobs_->reload(config.jobs);
    if (taken) supervisor_->apply(with_folders(config.agents));
}

Result<void> Work::reload(const Config& config) {
    // First what can be refused without having changed anything; jobs may name new channels.
    Result<void> taken = deliveries_->reload(config.channels);
    if (!taken) return taken;
    know_channels(config);
    io::run_blocking(parts_.loop, [&] { return take(config, taken); });
    return taken;
}

Task<> Work::tell(jobs::JobPtr job, jobs::Word word) {
    Result<jobs::OccurrenceKey> heard = co_await jobs_->word(job->tenant, job->name, std::move(word));
    if (!heard)
        log::warn("app", "the gateway's word about job {} was lost: {}", job->name, heard.error().message);
}

Task<std::vector<jobs::DeliveryFact>> Work::facts_of(jobs::OccurrenceKey key) const {
    std::vector<jobs::DeliveryFact> facts;
    delivery::Filter filter{.tenant = key.tenant, .about = about(key)};
    Result<delivery::Page> page = co_await deliveries_->list(std::move(filter));
    if (!page) co_return facts;
    for (const delivery::Delivery& each : page->deliveries) {
        jobs::DeliveryFact fact;
        fact.channel = each.channel;
        fact.state = delivery::to_string(each.state);
        // Unknown may yet be resolved: until it is settled, it is under way.
        if (!each.settled && fact.state == "unknown") fact.state = "sending";
        if (each.receipt) {
            fact.provider = each.receipt->provider;
            fact.identifier = each.receipt->identifier;
            fact.time = each.receipt->time;
        }
        facts.push_back(std::move(fact));
    }
    co_return facts;
}

Task<std::vector<jobs::AgentStatus>> Work::supervised() const {
    return io::ask<std::vector<jobs::AgentStatus>>(parts_.loop, [this] { return supervisor_->snapshot(); });
}

Task<Result<void>> Work::supervise(std::string name, api::SupervisedParts::Wish wish) {
    using Wish = api::SupervisedParts::Wish;
    return io::ask<Result<void>>(parts_.loop, [this, name, wish] {
        return wish == Wish::kStart  ? supervisor_->start(name)
               : wish == Wish::kStop ? supervisor_->stop(name)
                                     : supervisor_->restart(name);
    });
}

Task<std::string> Work::deliveries_json(jobs::OccurrenceKey key) const {
    json::array all;
    delivery::Filter filter{.tenant = key.tenant, .about = about(key)};
    Result<delivery::Page> page = co_await deliveries_->list(std::move(filter));
    if (page) {
        for (const delivery::Delivery& each : page->deliveries) all.push_back(delivery_json(each));
    }
    co_return json::serialize(all);
}

// An agent is alive when it does something: answers, or is heard of in the recorder.
Task<jobs::Health> Work::look_for_life(const jobs::AgentSpec& spec, Time started) const {
    if (!spec.liveness.url.empty()) {
        net::ClientRequest request;
        request.url = spec.liveness.url;
        request.timeout = milliseconds(5000);
        request.body_bytes_max = 64u << 10;
        Result<net::ClientResponse> answer = co_await net::fetch(std::move(request));
        if (!answer) co_return jobs::Health{jobs::Outcome::kFails, answer.error().message};
        bool is_good = answer->status >= 200 && answer->status < 300;
        co_return jobs::Health{is_good ? jobs::Outcome::kHolds : jobs::Outcome::kFails,
                               fmt::format("{} answered {}", spec.liveness.url, answer->status)};
    }
    Time since = std::max<Time>(started, parts_.clock.now() - spec.liveness.event_within);
    std::function<Result<bool>()> look = [this, since, name = spec.name]() -> Result<bool> {
        recorder::EventQuery query;
        query.scope.from_us = unix_us(since);
        query.where = fmt::format("agent = \"{}\"", name);
        query.limit = 1;
        NS_TRY(recorder::EventPage page, parts_.recorder.events(query));
        return page.batch && !page.batch->events.empty();
    };
    Result<bool> seen = co_await parts_.pool.run<bool>(std::move(look));
    if (!seen) co_return jobs::Health{jobs::Outcome::kUnknown, seen.error().message};
    co_return jobs::Health{*seen ? jobs::Outcome::kHolds : jobs::Outcome::kFails,
                           *seen ? "an event of it was recorded" : "no event of it was recorded"};
}

void Work::publish(const jobs::Occurrence& occurrence) {
    parts_.hub.put(occurrence.key.tenant, "jobs", occurrence.key.job,
                   json::serialize(jobs::show(occurrence, parts_.clock.now())));
}

std::vector<api::Failing> Work::failing() const {
    std::vector<api::Failing> all;
    auto audit = jobs_->audit();
    if (audit && !audit->discrepancies.empty()) {
        const jobs::Discrepancy& first = audit->discrepancies.front();
        all.push_back({"jobs", fmt::format("the ledger does not add up: {}: {}", first.job, first.what),
                       unix_ms(audit->time), false});
    }
    return all;
}

}  // namespace nightshift::app
