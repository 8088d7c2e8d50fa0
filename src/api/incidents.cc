#include "api/incidents.h"

#include <boost/json.hpp>

#include "api/acknowledge.h"
#include "api/incident_reports.h"
#include "api/json.h"
#include "api/problem.h"
#include "base/log.h"
#include "incidents/apply.h"
#include "incidents/common_cause.h"
#include "incidents/incident_json.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;
using incidents::Incident;

constexpr int kPageDefault = 100;
constexpr int kPageMax = 500;

Result<incidents::Filter> filter_of(const Call& call) {
    incidents::Filter filter{.tenant = call.principal.tenant};
    std::string state = call.request.query_value("state").value_or("");
    filter.is_unresolved = state == "unresolved";
    if (!state.empty() && !filter.is_unresolved) {
        filter.state = incidents::parse_state(state);
        if (!filter.state) return fail(Code::kInvalid, "state is unresolved, open, acknowledged or resolved");
    }
    std::string severity = call.request.query_value("severity").value_or("");
    if (!severity.empty()) {
        filter.severity = parse_severity(severity);
        if (!filter.severity) return fail(Code::kInvalid, "severity is critical, warning or info");
    }
    std::string parts = call.request.query_value("parts").value_or("true");
    if (parts != "true" && parts != "false") return fail(Code::kInvalid, "parts is true or false");
    filter.speaks_for_itself = parts == "false";
    filter.rule = call.request.query_value("rule").value_or("");
    filter.cursor = call.request.query_value("cursor").value_or("");
    NS_TRY(int64_t limit, integer_parameter(call.request, "limit", kPageDefault, 1, kPageMax));
    filter.limit = static_cast<int>(limit);
    return filter;
}

Task<net::Response> list(IncidentParts parts, Call call) {
    Result<incidents::Filter> filter = filter_of(call);
    if (!filter) co_return problem(filter.error());
    Result<incidents::Page> page = co_await parts.incidents.list(std::move(*filter));
    if (!page) co_return problem(page.error());
    json::array items;
    for (const Incident& each : page->incidents) items.push_back(incidents::show_brief(each));
    json::object body{{"items", std::move(items)}, {"next_cursor", nullptr}, {"total", page->total}};
    if (!page->cursor.empty()) body["next_cursor"] = page->cursor;
    co_return json_answer(200, body);
}

Task<net::Response> answer_with(IncidentParts parts, Result<Incident> incident) {
    if (!incident) co_return problem(incident.error());
    json::object body = incidents::show(*incident);
    body["runbooks"] = co_await parts.runbooks(*incident);
    co_return json_answer(200, body);
}

Task<net::Response> show_one(IncidentParts parts, Call call) {
    Result<Incident> incident = co_await parts.incidents.find(call.principal.tenant, call.params[0]);
    co_return co_await answer_with(parts, std::move(incident));
}

// What a person does to an incident, from the body of the request.
using Make = std::function<Result<incidents::Service::Act>(const json::object& body, const std::string& by)>;

Task<net::Response> act(IncidentParts parts, Call call, Make make) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    Result<incidents::Service::Act> wanted = make(*body, call.principal.name);
    if (!wanted) co_return problem(wanted.error());
    std::string id = call.params[0];
    Result<Incident> incident = co_await parts.incidents.act(call.principal.tenant, id, std::move(*wanted));
    if (incident) log::info("api", "{}: {} at incident {}", call.principal.name, call.request.path, id);
    co_return co_await answer_with(parts, std::move(incident));
}

Result<incidents::Service::Act> make_acknowledge(const json::object&, const std::string& by) {
    return incidents::Service::Act(
        [by](Incident& incident, Time now) { return incidents::acknowledge(incident, by, now); });
}

Result<incidents::Service::Act> make_hand_over(const json::object& body, const std::string& by) {
    NS_TRY(std::string to, string_member(body, "to"));
    return incidents::Service::Act(
        [by, to](Incident& incident, Time now) { return incidents::hand_over(incident, by, to, now); });
}

Result<incidents::Service::Act> make_note(const json::object& body, const std::string& by) {
    NS_TRY(std::string text, string_member(body, "text"));
    return incidents::Service::Act(
        [by, text](Incident& incident, Time now) { return incidents::note(incident, by, text, now); });
}

Result<incidents::Service::Act> make_resolve(const json::object& body, const std::string& by) {
    incidents::Resolution resolution{.by = by};
    NS_TRY(resolution.why, string_member(body, "why"));
    NS_TRY(std::string judged, string_member(body, "judged"));
    if (!judged.empty()) {
        resolution.judged = incidents::parse_conclusion(judged);
        if (!resolution.judged) return fail(Code::kInvalid, "judged is a conclusion, such as false_alarm");
    }
    return incidents::Service::Act(
        [resolution](Incident& incident, Time now) { return incidents::resolve(incident, resolution, now); });
}

Result<incidents::Service::Act> make_reopen(const json::object& body, const std::string& by) {
    NS_TRY(std::string why, string_member(body, "why"));
    return incidents::Service::Act(
        [by, why](Incident& incident, Time now) { return incidents::reopen(incident, by, why, now); });
}

Result<incidents::Service::Act> make_raise(const json::object& body, const std::string& by) {
    NS_TRY(std::string severity, string_member(body, "severity"));
    std::optional<Severity> to = parse_severity(severity);
    if (!to) return fail(Code::kInvalid, "severity is critical or warning");
    incidents::Raise raise{.to = *to, .by = by};
    NS_TRY(raise.why, string_member(body, "why"));
    return incidents::Service::Act(
        [raise](Incident& incident, Time now) { return incidents::raise(incident, raise, now); });
}

Result<incidents::Service::Act> make_separate(const json::object&, const std::string& by) {
    return incidents::Service::Act(
        [by](Incident& incident, Time now) { return incidents::separate(incident, by, now); });
}

Task<net::Response> diagnose_again(IncidentParts parts, Call call) {
    Result<Incident> incident =
        co_await parts.incidents.diagnose_again(call.principal.tenant, call.params[0]);
    co_return co_await answer_with(parts, std::move(incident));
}

// "job:molt-morning".
Task<net::Response> diagnose(IncidentParts parts, Call call) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    Result<std::string> text = string_member(*body, "subject");
    if (!text) co_return problem(text.error());
    size_t colon = text->find(':');
    if (colon == std::string::npos || colon + 1 == text->size())
        co_return problem(Code::kInvalid, "subject is a kind and a name, such as job:molt-morning");
    incidents::Subject subject{text->substr(0, colon), text->substr(colon + 1)};
    Result<incidents::Diagnosis> diagnosis =
        co_await parts.diagnose(call.principal.tenant, std::move(subject));
    if (!diagnosis) co_return problem(diagnosis.error());
    co_return json_answer(200, json::object{{"subject", *text}, {"diagnosis", incidents::show(*diagnosis)}});
}

Task<net::Response> run_runbook(IncidentParts parts, Call call) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    auto flag = [&](std::string_view name) {
        const json::value* found = body->if_contains(name);
        return found != nullptr && found->is_bool() && found->as_bool();
    };
    Result<Incident> incident = co_await parts.incidents.find(call.principal.tenant, call.params[0]);
    if (!incident) co_return problem(incident.error());
    IncidentParts::Wish wish{flag("dry_run"), flag("approve"), call.principal.name};
    Result<json::object> done = co_await parts.run(std::move(*incident), call.params[1], wish);
    if (!done) co_return problem(done.error());
    co_return json_answer(200, *done);
}

}  // namespace

void add_incident_routes(Router& router, IncidentParts parts) {
    auto add = [&](net::Method method, const char* pattern, Scope scope, auto answer) {
        router.add({method, pattern, Access::scoped(scope),
                    [parts, answer](Call call) { return answer(parts, std::move(call)); }});
    };
    // First: "statistics" is no incident's id.
    add_incident_report_routes(router, parts.incidents, parts.clock);
    add(net::Method::kGet, "/api/v1/incidents", Scope::kRead, list);
    add(net::Method::kGet, "/api/v1/incidents/{id}", Scope::kRead, show_one);
    add(net::Method::kPost, "/api/v1/incidents/{id}/diagnose", Scope::kWrite, diagnose_again);
    add(net::Method::kPost, "/api/v1/incidents/{id}/runbooks/{name}", Scope::kWrite, run_runbook);
    add(net::Method::kPost, "/api/v1/diagnose", Scope::kRead, diagnose);
    auto add_act = [&](const char* pattern, Make make, Scope scope = Scope::kWrite) {
        router.add({net::Method::kPost, pattern, Access::scoped(scope),
                    [parts, make](Call call) { return act(parts, std::move(call), make); }});
    };
    add_act("/api/v1/incidents/{id}/acknowledge", make_acknowledge);
    add_act("/api/v1/incidents/{id}/hand_over", make_hand_over);
    add_act("/api/v1/incidents/{id}/note", make_note);
    add_act("/api/v1/incidents/{id}/resolve", make_resolve);
    add_act("/api/v1/incidents/{id}/reopen", make_reopen);
    add_act("/api/v1/incidents/{id}/separate", make_separate);
    // Agents may: it lowers nothing, and says who asked.
    add_act("/api/v1/incidents/{id}/raise", make_raise, Scope::kIngest);
    add_acknowledge_routes(router, parts);
}

}  // namespace nightshift::api
