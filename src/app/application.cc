#include "app/application.h"

#include <fmt/format.h>
#include <unistd.h>

#include <future>
#include <set>

#include "app/application_parts.h"
#include "app/event_publisher.h"
#include "app/part_options.h"
#include "app/version.h"
#include "base/file.h"
#include "base/log.h"
#include "io/blocking.h"
#include "io/waking.h"

namespace nightshift::app {
namespace {

constexpr size_t kPoolThreads = 2;
constexpr size_t kPoolQueueMax = 256;

constexpr const char* kPromptTokenFile = "prompt.token";
constexpr size_t kTokenBytesMax = 4096;

std::string url_of(const Config& config, const net::Server& server) {
    std::string host = config.server.listen;
    host.erase(host.rfind(':'));
    bool is_any = host == "0.0.0.0" || host == "[::]";
    return fmt::format("http://{}:{}", is_any ? "127.0.0.1" : host,
                       server.ports().at(api::Server::kMainListener));
}

// What callers tell of calls from before a restart may come after it.
void remember_counted(const recorder::Recorder& recorder, const std::set<std::string>& tenants, Time now,
                      recorder::CountedCalls& counted) {
    constexpr std::chrono::hours kBack(1);
    constexpr uint32_t kCallsMax = 20'000;
    for (const std::string& tenant : tenants) {
        recorder::EventQuery newest;
        newest.scope = {.tenant = tenant, .from_us = unix_us(now - kBack)};
        newest.where = R"(source = "gateway" and kind = model_call)";
        newest.limit = kCallsMax;
        auto page = recorder.events(newest);
        if (!page) {
            log::warn("gateway", "the calls before now cannot be read: {}", page.error().message);
            continue;
        }
        for (const recorder::Event& event : page->batch->events) counted.add(event);
    }
}

Task<> watch_self(SelfWatch& watch) {
    constexpr std::chrono::seconds kEvery(5);
    for (;;) {
        co_await io::sleep_for(kEvery);
        watch.look();
    }
}

// The first token of a new installation; written where only its owner can read it.
Result<std::string> write_first_token(auth::Authenticator& authenticator, const std::filesystem::path& data) {
    if (!authenticator.list().empty()) return std::string();
    auth::NewToken wanted{.name = "first admin", .scopes = auth::Scopes({auth::Scope::kAdmin})};
    NS_TRY(auth::CreatedToken created, authenticator.create(wanted));
    std::filesystem::path path = data / "admin.token";
    if (auto written = write_file_atomically(path, created.secret.reveal(), 0600); !written)
        return Failure(written.error());
    return path.native();
}

}  // namespace

Result<void> Application::Parts::open_state() {
    NS_TRY(authenticator, auth::Authenticator::open(database, clock));
    NS_TRY(new_token_path, write_first_token(*authenticator, folder.path()));
    for (size_t i = 0; i < loop_count(config); ++i) {
        net_loops.push_back(std::make_unique<io::Loop>(fmt::format("net{}", i)));
        net_loops.back()->post([] { io::set_waking(::gettid(), io::Waking::kSooner); });
    }
    decisions = std::make_unique<io::Loop>("decisions");
    pool = std::make_unique<io::Pool>(kPoolThreads, kPoolQueueMax);
    return {};
}

Result<void> Application::Parts::open_recorder() {
    NS_TRY(recorder, recorder::Recorder::open(recorder_options(config, folder.path()), clock));
    live::Options live_options;
    live_options.version = kVersion;
    hub = std::make_unique<live::Hub>(loops(), live_options, clock);
    receiver = std::make_unique<ingest::Receiver>(*recorder, receiver_options(config, counted_calls), clock);
    if (!config.gateway.export_to.url.empty())
        exporter = std::make_shared<gateway::Exporter>(*decisions, clock, config.gateway.export_to);
    recorder->set_tap([this](std::shared_ptr<const recorder::EventBatch> batch, recorder::Position position) {
        publish_events(*hub, *batch);
        if (auto to = exporter_now()) to->add(batch);
        if (work) work->on_batch(*batch);
        fleet->on_batch(std::move(batch), position);
    });
    return {};
}

Result<void> Application::Parts::open_fleet() {
    auto abort = [this](fleet::AbortRequest request, std::function<void(Result<std::string>)> done) {
        sources->abort_session(std::move(request), std::move(done));
    };
    fleet = std::make_unique<fleet::Service>(*decisions, *hub, fleet_options(config, folder.path()), clock,
                                             abort);
    if (auto restored = fleet->restore(*recorder); !restored) return restored;
    sources = std::make_unique<Sources>(
        Sources::Parts{*decisions, *recorder, *fleet, *hub, clock, counted_calls}, config);
    sources->remember_recorded();
    self_watch = std::make_unique<SelfWatch>(*recorder, *fleet, folder.path(), clock,
                                             [this] { return troubled_routes(); });
    self_watch->look();
    fleet->start();
    return {};
}

// Before anything is recorded: the tap tells the work of gateways' cron runs.
Result<void> Application::Parts::open_work() {
    auto model_gateway = [this](const std::string& tenant) { return own_gateway(tenant); };
    auto find_gateway = [this](const std::string& tenant, const std::string& name) {
        return sources->find(tenant, name);
    };
    auto on_occurrence = [this](const jobs::Occurrence& occurrence) {
        if (Watch* now = watch_now) now->on_occurrence(occurrence);
    };
    auto on_delivery = [this](const delivery::Delivery& delivery) {
        Watch* now = watch_now;
        return now == nullptr || now->on_delivery(delivery);  // while we stop, it is left for the next start
    };
    NS_TRY(work, Work::open({*decisions, *pool, *recorder, *hub, clock, find_gateway, model_gateway,
                             on_occurrence, on_delivery},
                            config, folder.path()));
    return work->start();
}

Result<void> Application::Parts::open_probes() {
    NS_TRY(probes, Probes::open({*decisions, work->writer(), work->readers(), *recorder, clock}, config));
    probes->start();
    return {};
}

// For scheduled prompts, which come to it as any client does.
Result<jobs::PromptTarget> Application::Parts::own_gateway(const std::string& tenant) const {
    if (!gateway || !server)
        return fail(Code::kUnavailable, "no gateway is configured: the prompt needs a url");
    if (tenant != "default") return fail(Code::kInvalid, "prompts of tenant {} need a url and a key", tenant);
    NS_TRY(std::string key, read_file(folder.path() / kPromptTokenFile, kTokenBytesMax));
    return jobs::PromptTarget{url_of(config, *server) + "/v1", Secret(std::move(key))};
}

// The token of scheduled prompts; made once, and again when it was revoked.
Result<void> Application::Parts::make_prompt_token() {
    std::filesystem::path path = folder.path() / kPromptTokenFile;
    auto known = read_file(path, kTokenBytesMax);
    if (known && authenticator->authenticate(*known)) return {};
    auth::NewToken wanted{.name = "scheduled prompts", .scopes = auth::Scopes({auth::Scope::kGateway})};
    NS_TRY(auth::CreatedToken created, authenticator->create(wanted));
    return write_file_atomically(path, created.secret.reveal(), 0600);
}

Result<void> Application::Parts::open_gateway() {
    if (!config.gateway.is_enabled) return {};
    std::set<std::string> tenants;
    for (const auth::Token& token : authenticator->list()) tenants.insert(token.tenant);
    remember_counted(*recorder, tenants, clock.now(), counted_calls);
    auto record = [this](std::shared_ptr<recorder::EventBatch> batch) {
        recorder->append(std::move(batch), [](const Result<recorder::Receipt>& receipt) {
            if (!receipt) log::error("gateway", "cannot record calls: {}", receipt.error().message);
        });
    };
    NS_TRY(budgets, store::Writer::open(folder.path() / "gateway.db", gateway::migrate_limits));
    if (auto made = make_prompt_token(); !made) return made;
    NS_TRY(gateway,
           gateway::Gateway::start({loops(), clock, record, budgets.get(), &counted_calls}, config.gateway));
    return {};
}

// After everything it watches.
Result<void> Application::Parts::open_watch() {
    auto tenants = [this] {
        std::set<std::string> all{"default"};
        for (const auth::Token& token : authenticator->list()) all.insert(token.tenant);
        return std::vector<std::string>(all.begin(), all.end());
    };
    NS_TRY(watch, Watch::open({*pool, *recorder, *hub, clock, *fleet, *work, [this] { return gateway.get(); },
                               [this] { return failing(); }, tenants, probes->service()},
                              config, folder.path()));
    watch_now = watch.get();
    watch->start();
    work->start_deliveries();
    return {};
}

// Of the gateway. It is looked at on `decisions`, which begins after everything is built.
std::vector<api::Failing> Application::Parts::troubled_routes() const {
    std::vector<api::Failing> all;
    if (!gateway) return all;
    for (const gateway::RouteTrouble& each : gateway->troubles())
        all.push_back({"route " + each.route,
                       fmt::format("nobody would answer a call of {} ({})", each.route, each.why), 0, false});
    return all;
}

Result<void> Application::Parts::reload_gateway(const gateway::Settings& settings) {
    if (auto done = gateway->reload(settings); !done) return done;
    if (settings.export_to == config.gateway.export_to) return {};
    std::shared_ptr<gateway::Exporter> next;
    if (!settings.export_to.url.empty())
        next = std::make_shared<gateway::Exporter>(*decisions, clock, settings.export_to);
    {
        std::lock_guard lock(exporter_mutex);
        exporter.swap(next);
    }
    config.gateway.export_to = settings.export_to;
    // Its last words may take long where nobody listens.
    if (next && !pool->post([old = next] { old->stop(); })) next->stop();
    return {};
}

std::vector<api::Failing> Application::Parts::failing() const {
    std::vector<api::Failing> all = self_watch->failing();
    for (api::Failing& each : work->failing()) all.push_back(std::move(each));
    for (api::Failing& each : sources->failing()) all.push_back(std::move(each));
    if (const Watch* now = watch_now) {
        for (api::Failing& each : now->troubles()) all.push_back(std::move(each));
    }
    return all;
}

Result<void> Application::Parts::serve() {
    net::ServerOptions options;
    NS_TRY(net::Address main_address, net::parse_address(config.server.listen));
    options.listen.push_back(main_address);
    if (!config.server.otlp.empty()) {
        NS_TRY(net::Address otlp_address, net::parse_address(config.server.otlp));
        options.listen.push_back(otlp_address);
    }
    api = std::make_unique<api::Server>(routes(), api::Gate(*authenticator, gate_options(config)));
    NS_TRY(server, net::Server::start(loops(), std::move(options), *api));
    sources->start();
    decisions->post([this] {
        background = std::make_unique<io::TaskGroup>(*decisions, "app");
        background->spawn([this] { return watch_self(*self_watch); });
    });
    return {};
}

// Whoever appends stops first; then an empty batch passes through the recorder, and behind it nothing is left
// that could reach the fleet or the hub.
void Application::Parts::stop() {
    // Runs first: those that ask our own gateway must not take its end for theirs.
    if (work) work->stop_runs();
    if (hub) hub->stop();
    if (server) server->stop();
    if (gateway) gateway->stop();
    watch_now = nullptr;
    if (watch) watch->stop();
    if (probes) probes->stop();
    // It asks gateways by way of the sources.
    if (work) work->stop();
    if (sources) sources->stop();
    if (background) io::run_blocking(*decisions, [this] { return background->stop(); });
    if (recorder) {
        auto passed = std::make_shared<std::promise<void>>();
        recorder->append(std::make_shared<recorder::EventBatch>(),
                         [passed](const Result<recorder::Receipt>&) { passed->set_value(); });
        passed->get_future().wait();
    }
    if (exporter) exporter->stop();
    if (fleet) fleet->stop();
}

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Application::~Application() {
    parts_->stop();
}

Result<std::unique_ptr<Application>> Application::start(const Config& config,
                                                        const std::filesystem::path& data) {
    NS_TRY(DataFolder folder, DataFolder::open(data));
    NS_TRY(store::Database database, store::Database::open(folder.path() / "state.db"));
    auto parts = std::make_unique<Parts>(config, std::move(folder), std::move(database));
    // From here on the destructor stops what has started, also when a later part fails.
    std::unique_ptr<Application> application(new Application(std::move(parts)));
    Parts& started = *application->parts_;
    for (auto step : {&Parts::open_state, &Parts::open_recorder, &Parts::open_fleet, &Parts::open_work,
                      &Parts::open_probes, &Parts::open_gateway, &Parts::open_watch, &Parts::serve}) {
        if (auto done = (started.*step)(); !done) return Failure(done.error());
    }
    return application;
}

Result<void> Application::reload(const Config& config) {
    if (auto done = parts_->work->reload(config); !done) return done;
    parts_->probes->reload(config);
    parts_->watch->reload(config);
    if (!parts_->gateway || !config.gateway.is_enabled) return {};
    return parts_->reload_gateway(config.gateway);
}

uint16_t Application::port() const {
    return parts_->server->ports().at(api::Server::kMainListener);
}

uint16_t Application::otlp_port() const {
    const auto& ports = parts_->server->ports();
    return ports.size() > api::Server::kOtlpListener ? ports[api::Server::kOtlpListener] : 0;
}

std::string Application::url() const {
    return url_of(parts_->config, *parts_->server);
}

const std::string& Application::new_token_path() const {
    return parts_->new_token_path;
}

}  // namespace nightshift::app
