#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/alertmanager.h"
#include "api/alerts.h"
#include "api/changes.h"
#include "api/events.h"
#include "api/fleet.h"
#include "api/gateway.h"
#include "api/incidents.h"
#include "api/jobs.h"
#include "api/live.h"
#include "api/mcp.h"
#include "api/occurrences.h"
#include "api/openapi.h"
#include "api/ping.h"
#include "api/probes.h"
#include "api/supervised.h"
#include "api/telemetry.h"
#include "api/tokens.h"
#include "app/application_parts.h"
#include "app/version.h"

// Which part answers which requests.
namespace nightshift::app {

api::Router Application::Parts::routes() {
    api::Router router;
    if (gateway) api::add_dialect_routes(router, *gateway);  // first: they are asked for most
    api::add_telemetry_routes(router, *receiver);
    api::add_fleet_routes(router, *fleet);
    api::add_event_routes(router, *recorder, *pool, redactor);
    api::add_live_route(router, *hub);
    api::add_token_routes(router, *authenticator, *pool);
    add_work_routes(router);
    add_watch_routes(router);
    api::add_gateway_routes(router, gateway.get());
    api::add_openapi_route(router);
    api::SystemParts system;
    system.version = kVersion;
    system.data = folder.path();
    system.started = started;
    system.clock = &clock;
    system.recorder = recorder.get();
    system.hub = hub.get();
    system.receiver = receiver.get();
    system.fleet = fleet.get();
    system.gateway = gateway.get();
    system.http = [this] { return server ? server->stats() : net::ServerStats{}; };
    system.sources = [this] { return sources->to_json(); };
    system.failing = [this] { return failing(); };
    system.alerting = [this] { return watch->numbers(); };
    system.probes = &probes->service();
    api::add_system_routes(router, std::move(system));
    api::add_mcp_routes(router, std::string(kVersion));
    return router;
}

void Application::Parts::add_work_routes(api::Router& router) {
    api::JobParts job_parts{work->jobs(), work->zones(), *pool, clock, {}, {}, {}};
    job_parts.missing = [this](const jobs::Job& job) { return work->missing(job); };
    job_parts.ping_path = [this](const jobs::JobPtr& job) {
        work->ping_keys().learn({job});
        return "/ping/" + work->ping_keys().key_of(*job);
    };
    job_parts.ping_slug_path = [this](const jobs::JobPtr& job) {
        return fmt::format("/ping/{}/{}", work->ping_keys().key_of_tenant(job->tenant), job->name);
    };
    api::add_job_routes(router, std::move(job_parts));
    api::OccurrenceParts occurrences{work->jobs(), *pool, clock, {}};
    occurrences.deliveries = [this](jobs::OccurrenceKey key) {
        return work->deliveries_json(std::move(key));
    };
    api::add_occurrence_routes(router, std::move(occurrences));
    api::SupervisedParts supervised;
    supervised.list = [this] { return work->supervised(); };
    supervised.act = [this](std::string name, api::SupervisedParts::Wish wish) {
        return work->supervise(std::move(name), wish);
    };
    api::add_supervised_routes(router, std::move(supervised));
    api::add_ping_routes(router, work->jobs(), [this](const std::string& key, const std::string& slug) {
        return work->ping_keys().find(key, slug);
    });
}

void Application::Parts::add_watch_routes(api::Router& router) {
    api::AlertParts alerts{watch->alerts(), clock, {}};
    alerts.preview = [this](alerts::RulePtr rule, Time from, Time to) {
        return watch->preview(std::move(rule), from, to);
    };
    api::add_alert_routes(router, std::move(alerts));
    api::add_alertmanager_routes(router, watch->alerts(), clock, config.alerts.resolve_timeout);
    api::add_incident_routes(router, watch->incident_parts());
    api::add_change_routes(router, watch->change_parts());
    api::add_probe_routes(router, probes->service());
}

}  // namespace nightshift::app
