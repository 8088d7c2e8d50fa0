#include "api/fleet.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"
#include "io/completion.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;
using fleet::Service;

Result<fleet::ListFilter> parse_filter(const net::Request& request) {
    fleet::ListFilter filter;
    if (auto words = request.query_value("state"); words && !words->empty()) {
        auto states = fleet::parse_states(*words);
        if (!states) {
            return fail(Code::kInvalid,
                        "state takes unknown, idle, working, waiting_approval, rate_limited, stalled, "
                        "looping, failed and "
                        "offline, comma-separated, not {}",
                        *words);
        }
        filter.states = *states;
    }
    filter.agent = request.query_value("agent").value_or("");
    filter.q = request.query_value("q").value_or("");
    filter.cursor = request.query_value("cursor").value_or("");
    NS_TRY(int64_t limit, integer_parameter(request, "limit", 100, 1, fleet::kListLimitMax));
    filter.limit = static_cast<uint32_t>(limit);
    return filter;
}

// The shared bytes of a view, or 304 when the client has that version.
net::Response view_answer(const net::Request& request, const fleet::View& view,
                          const fleet::SharedBody& body) {
    net::Response response;
    std::string etag = '"' + view.version() + '"';
    response.headers.add("ETag", etag);
    response.headers.add("Cache-Control", "no-cache");
    if (request.headers.get("If-None-Match") == etag) {
        response.status = 304;
        return response;
    }
    response.headers.add("Content-Type", "application/json");
    response.shared_body = body;
    return response;
}

net::Response list_agents(const Service& fleet, const Call& call) {
    Result<fleet::ListFilter> filter = parse_filter(call.request);
    if (!filter) return problem(filter.error());
    auto view = fleet.view(call.principal.tenant);
    return view_answer(call.request, *view, view->list_agents(*filter).body);
}

net::Response list_sessions(const Service& fleet, const Call& call) {
    Result<fleet::ListFilter> filter = parse_filter(call.request);
    if (!filter) return problem(filter.error());
    auto view = fleet.view(call.principal.tenant);
    return view_answer(call.request, *view, view->list_sessions(*filter).body);
}

net::Response one(std::optional<std::string> item, std::string_view what, const std::string& id) {
    if (!item) return problem(Code::kNotFound, fmt::format("there is no {} {}", what, id));
    return net::Response::json(200, std::move(*item));
}

// Who did it belongs to why it was done.
Result<std::string> parse_reason(const Call& call) {
    NS_TRY(json::object body, parse_body(call.request.body));
    NS_TRY(std::string reason, string_member(body, "reason"));
    if (reason.size() > 1000) return fail(Code::kInvalid, "a reason has at most 1000 bytes");
    return fmt::format("{} (by {})", reason.empty() ? "no reason given" : reason, call.principal.name);
}

Task<net::Response> abort_session(Service& fleet, Call call) {
    Result<std::string> reason = parse_reason(call);
    if (!reason) co_return problem(reason.error());
    std::function<void(std::function<void(Result<std::string>)>)> start =
        [&fleet, tenant = call.principal.tenant, session = call.params[0],
         why = *reason](std::function<void(Result<std::string>)> done) {
            fleet.abort(tenant, session, why, std::move(done));
        };
    Result<std::string> outcome = co_await io::completion<Result<std::string>>(std::move(start));
    if (!outcome) co_return problem(outcome.error());
    co_return json_answer(202, json::object{{"outcome", *outcome}});
}

Task<net::Response> dismiss(Service& fleet, Call call) {
    Result<std::string> reason = parse_reason(call);
    if (!reason) co_return problem(reason.error());
    std::function<void(std::function<void(Result<void>)>)> start =
        [&fleet, tenant = call.principal.tenant, id = call.params[0], why = *reason](
            std::function<void(Result<void>)> done) { fleet.dismiss(tenant, id, why, std::move(done)); };
    Result<void> dismissed = co_await io::completion<Result<void>>(std::move(start));
    if (!dismissed) co_return problem(dismissed.error());
    co_return net::Response::empty(204);
}

}  // namespace

void add_fleet_routes(Router& router, Service& fleet) {
    auto get = [&router](std::string pattern, CallFn call) {
        router.add({net::Method::kGet, std::move(pattern), Access::scoped(Scope::kRead), std::move(call)});
    };
    get("/api/v1/fleet", immediate([&fleet](const Call& call) {
            auto view = fleet.view(call.principal.tenant);
            return view_answer(call.request, *view, view->fleet_body());
        }));
    get("/api/v1/attention", immediate([&fleet](const Call& call) {
            auto view = fleet.view(call.principal.tenant);
            return view_answer(call.request, *view, view->attention_body());
        }));
    get("/api/v1/agents", immediate([&fleet](const Call& call) { return list_agents(fleet, call); }));
    get("/api/v1/sessions", immediate([&fleet](const Call& call) { return list_sessions(fleet, call); }));
    get("/api/v1/agents/{id}", immediate([&fleet](const Call& call) {
            return one(fleet.agent(call.principal.tenant, call.params[0]), "agent", call.params[0]);
        }));
    get("/api/v1/sessions/{id}", immediate([&fleet](const Call& call) {
            return one(fleet.session(call.principal.tenant, call.params[0]), "session", call.params[0]);
        }));
    router.add({net::Method::kPost, "/api/v1/sessions/{id}/abort", Access::scoped(Scope::kWrite),
                [&fleet](Call call) { return abort_session(fleet, std::move(call)); }});
    router.add({net::Method::kPost, "/api/v1/attention/{id}/dismiss", Access::scoped(Scope::kWrite),
                [&fleet](Call call) { return dismiss(fleet, std::move(call)); }});
}

}  // namespace nightshift::api
