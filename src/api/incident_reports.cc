#include "api/incident_reports.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"
#include "incidents/postmortem.h"
#include "incidents/statistics.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;
using incidents::Incident;

constexpr int kPageMax = 500;
constexpr size_t kStatisticsMax = 5'000;
constexpr std::chrono::hours kStatisticsBack{24 * 30};

struct Parts {
    incidents::Service& incidents;
    const Clock& clock;
};

Task<net::Response> postmortem(Parts parts, Call call) {
    Result<Incident> incident = co_await parts.incidents.find(call.principal.tenant, call.params[0]);
    if (!incident) co_return problem(incident.error());
    net::Response response = net::Response::text(200, incidents::postmortem(*incident, parts.clock.now()));
    response.headers.set("Content-Type", "text/markdown; charset=utf-8");
    co_return response;
}

Task<net::Response> statistics(Parts parts, Call call) {
    incidents::Filter filter{.tenant = call.principal.tenant, .limit = kPageMax};
    filter.opened_after = parts.clock.now() - kStatisticsBack;
    std::vector<Incident> all;
    for (;;) {
        Result<incidents::Page> page = co_await parts.incidents.list(filter);
        if (!page) co_return problem(page.error());
        for (Incident& each : page->incidents) all.push_back(std::move(each));
        if (page->cursor.empty() || all.size() >= kStatisticsMax) break;
        filter.cursor = page->cursor;
    }
    co_return json_answer(200, incidents::show(incidents::statistics_of(all)));
}

// For other Nightshifts that hear of the same alerts.
Task<net::Response> dealt_with(Parts parts, Call call) {
    json::array keys;
    for (std::string& each : co_await parts.incidents.dealt_with(call.principal.tenant))
        keys.emplace_back(std::move(each));
    co_return json_answer(200, json::object{{"tenant", call.principal.tenant}, {"keys", std::move(keys)}});
}

}  // namespace

void add_incident_report_routes(Router& router, incidents::Service& service, const Clock& clock) {
    Parts parts{service, clock};
    router.add({net::Method::kGet, "/api/v1/incidents/statistics", Access::scoped(Scope::kRead),
                [parts](Call call) { return statistics(parts, std::move(call)); }});
    router.add({net::Method::kGet, "/api/v1/incidents/dealt_with", Access::scoped(Scope::kRead),
                [parts](Call call) { return dealt_with(parts, std::move(call)); }});
    router.add({net::Method::kGet, "/api/v1/incidents/{id}/postmortem", Access::scoped(Scope::kRead),
                [parts](Call call) { return postmortem(parts, std::move(call)); }});
}

}  // namespace nightshift::api
