#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/router.h"
#include "api/server.h"
#include "api/system.h"
#include "app/application.h"
#include "app/data_folder.h"
#include "app/probes.h"
#include "app/self_watch.h"
#include "app/sources.h"
#include "app/watch.h"
#include "app/work.h"
#include "auth/authenticator.h"
#include "base/redact.h"
#include "fleet/service.h"
#include "gateway/exporter.h"
#include "gateway/gateway.h"
#include "ingest/receiver.h"
#include "io/task_group.h"
#include "live/hub.h"
#include "net/server.h"
#include "recorder/recorder.h"

namespace nightshift::app {

// In order of construction; destroyed in reverse after ~Application has stopped what runs.
struct Application::Parts {
    Parts(Config configured, DataFolder opened, store::Database state)
        : config(std::move(configured)), folder(std::move(opened)), database(std::move(state)) {}

    Config config;
    SystemClock clock;
    Time started = clock.now();
    Redactor redactor{config.redact.email ? Redactor::Emails::kRedact : Redactor::Emails::kKeep};
    DataFolder folder;
    store::Database database;
    std::string new_token_path;
    std::unique_ptr<auth::Authenticator> authenticator;
    std::vector<std::unique_ptr<io::Loop>> net_loops;
    std::unique_ptr<io::Loop> decisions;
    std::unique_ptr<io::Pool> pool;
    std::unique_ptr<recorder::Recorder> recorder;
    recorder::CountedCalls counted_calls;
    std::unique_ptr<live::Hub> hub;
    std::unique_ptr<fleet::Service> fleet;
    std::unique_ptr<ingest::Receiver> receiver;
    std::unique_ptr<Sources> sources;
    std::unique_ptr<SelfWatch> self_watch;
    std::unique_ptr<Work> work;
    std::unique_ptr<Probes> probes;
    std::unique_ptr<Watch> watch;
    std::atomic<Watch*> watch_now{nullptr};  // for those that run before it is there
    std::unique_ptr<store::Writer> budgets;  // of the gateway's limits
    std::mutex exporter_mutex;
    std::shared_ptr<gateway::Exporter> exporter;  // under the mutex; null: calls are told of nowhere else
    std::unique_ptr<gateway::Gateway> gateway;    // null without its section in the configuration
    std::unique_ptr<io::TaskGroup> background;    // on `decisions`
    std::unique_ptr<api::Server> api;
    std::unique_ptr<net::Server> server;

    std::shared_ptr<gateway::Exporter> exporter_now() {
        std::lock_guard lock(exporter_mutex);
        return exporter;
    }
    std::vector<io::Loop*> loops() const {
        std::vector<io::Loop*> all;
        for (const auto& loop : net_loops) all.push_back(loop.get());
        return all;
    }
    Result<void> open_state();
    Result<void> open_recorder();
    Result<void> open_fleet();
    Result<void> serve();
    Result<void> open_work();
    Result<void> open_probes();
    Result<void> open_gateway();
    Result<void> open_watch();
    Result<void> make_prompt_token();
    Result<jobs::PromptTarget> own_gateway(const std::string& tenant) const;
    api::Router routes();
    void add_work_routes(api::Router& router);
    void add_watch_routes(api::Router& router);
    std::vector<api::Failing> failing() const;
    std::vector<api::Failing> troubled_routes() const;
    Result<void> reload_gateway(const gateway::Settings& settings);
    void stop();
};

}  // namespace nightshift::app
