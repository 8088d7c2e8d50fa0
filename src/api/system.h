#pragma once

#include <boost/json/fwd.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "fleet/service.h"
#include "gateway/gateway.h"
#include "health/service.h"
#include "ingest/receiver.h"
#include "live/hub.h"
#include "net/server.h"
#include "recorder/recorder.h"

namespace nightshift::api {

// Something that keeps Nightshift from doing its work, or from seeing an agent.
struct Failing {
    std::string part;  // "recorder", "source openclaw/main"
    std::string message;
    int64_t since_ms = 0;
    bool blocks_us = false;  // we cannot do our own work: not ready
};

// The parts the system resource reports about. All must outlive the router.
struct SystemParts {
    std::string_view version;
    std::filesystem::path data;
    Time started;
    const Clock* clock = nullptr;
    const recorder::Recorder* recorder = nullptr;
    const live::Hub* hub = nullptr;
    const ingest::Receiver* receiver = nullptr;
    const fleet::Service* fleet = nullptr;
    gateway::Gateway* gateway = nullptr;  // null: there is none
    health::Service* probes = nullptr;    // null: there are none
    std::function<net::ServerStats()> http;
    std::function<std::vector<std::string>()> sources;  // each a `source` of docs/api.md
    std::function<std::vector<Failing>()> failing;
    // Numbers of alerts, incidents and deliveries, each an object under its name.
    std::function<Task<boost::json::object>()> alerting;
};

// /healthz, /readyz, /metrics and /api/v1/system.
void add_system_routes(Router& router, SystemParts parts);

}  // namespace nightshift::api
