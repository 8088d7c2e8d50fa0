#include "api/alertmanager.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "api/alert_json.h"
#include "api/json.h"
#include "api/problem.h"
#include "base/text.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;

constexpr size_t kBodyBytesMax = 64u << 20;

struct Parts {
    alerts::Service& alerts;
    const Clock& clock;
    seconds resolve_timeout;
};

// That API says what is wrong as a JSON text.
net::Response refused(const Error& error) {
    net::Response response = json_answer(http_status(error.code), json::value(error.message));
    return response;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string all;
    for (const std::string& each : lines) all += (all.empty() ? "" : "; ") + each;
    return all;
}

Task<net::Response> post_alerts(Parts parts, Call call) {
    Time now = parts.clock.now();
    Result<PostedAlerts> posted =
        parse_posted_alerts(call.request.body, call.principal.tenant, now, parts.resolve_timeout);
    if (!posted) co_return refused(posted.error());
    if (!posted->alerts.empty()) {
        Result<void> taken = co_await parts.alerts.take(std::move(posted->alerts));
        if (!taken) co_return refused(taken.error());
    }
    if (!posted->problems.empty()) co_return refused(Error{Code::kInvalid, joined(posted->problems)});
    co_return net::Response::empty(200);
}

// `filter` may stand several times; the request gives the first, so all are looked for in the raw query.
Result<alerts::Matchers> filters_of(const net::Request& request) {
    alerts::Matchers all;
    for (std::string_view part : split(request.query, '&')) {
        if (!part.starts_with("filter=")) continue;
        auto text = percent_decode(part.substr(7));
        if (!text) return fail(Code::kInvalid, "filter is not encoded as it should be");
        NS_TRY(alerts::Matchers some, alerts::parse_matchers(*text));
        for (alerts::Matcher& each : some) all.push_back(std::move(each));
    }
    return all;
}

bool is_wanted(const net::Request& request, std::string_view name) {
    return request.query_value(name).value_or("true") != "false";
}

// The alerts that the query asks for.
Task<Result<std::vector<alerts::AlertView>>> find_alerts(Parts parts, const Call& call) {
    Result<alerts::Matchers> filters = filters_of(call.request);
    if (!filters) co_return Failure(filters.error());
    std::vector<alerts::AlertView> all = co_await parts.alerts.alerts(call.principal.tenant);
    Time now = parts.clock.now();
    using By = alerts::Suppression::By;
    bool wants_active = is_wanted(call.request, "active");
    bool wants_silenced = is_wanted(call.request, "silenced");
    bool wants_inhibited = is_wanted(call.request, "inhibited");
    std::erase_if(all, [&](const alerts::AlertView& each) {
        By by = each.suppression.by;
        bool is_hidden = (by == By::kNobody && !wants_active) || (by == By::kSilence && !wants_silenced) ||
                         (by == By::kInhibition && !wants_inhibited);
        return is_hidden || !each.alert->is_firing(now) || !alerts::match_all(*filters, each.alert->labels);
    });
    std::sort(all.begin(), all.end(), [](const alerts::AlertView& a, const alerts::AlertView& b) {
        return a.alert->labels < b.alert->labels;
    });
    co_return all;
}

Task<net::Response> get_alerts(Parts parts, Call call) {
    Result<std::vector<alerts::AlertView>> all = co_await find_alerts(parts, call);
    if (!all) co_return refused(all.error());
    Time now = parts.clock.now();
    json::array items;
    for (const alerts::AlertView& each : *all) items.push_back(show_gettable_alert(each, now));
    co_return json_answer(200, items);
}

Task<net::Response> get_groups(Parts parts, Call call) {
    Result<std::vector<alerts::AlertView>> all = co_await find_alerts(parts, call);
    if (!all) co_return refused(all.error());
    Time now = parts.clock.now();
    std::map<std::string, json::array, std::less<>> by_name;
    for (const alerts::AlertView& each : *all)
        by_name[std::string(each.alert->name())].push_back(show_gettable_alert(each, now));
    json::array groups;
    for (auto& [name, items] : by_name) {
        groups.push_back(json::object{{"labels", {{"alertname", name}}},
                                      {"receiver", {{"name", "nightshift"}}},
                                      {"alerts", std::move(items)}});
    }
    co_return json_answer(200, groups);
}

Task<net::Response> post_silence(Parts parts, Call call) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return refused(body.error());
    Result<alerts::Silence> wanted = parse_posted_silence(*body, call.principal.tenant, parts.clock.now());
    if (!wanted) co_return refused(wanted.error());
    Result<alerts::Silence> kept = co_await parts.alerts.put_silence(std::move(*wanted));
    if (!kept) co_return refused(kept.error());
    co_return json_answer(200, json::object{{"silenceID", kept->id}});
}

Task<net::Response> get_silences(Parts parts, Call call) {
    std::vector<alerts::Silence> all = co_await parts.alerts.silences(call.principal.tenant);
    Time now = parts.clock.now();
    json::array items;
    for (const alerts::Silence& each : all) items.push_back(show_gettable_silence(each, now));
    co_return json_answer(200, items);
}

Task<net::Response> get_silence(Parts parts, Call call) {
    std::vector<alerts::Silence> all = co_await parts.alerts.silences(call.principal.tenant);
    for (const alerts::Silence& each : all) {
        if (each.id == call.params[0])
            co_return json_answer(200, show_gettable_silence(each, parts.clock.now()));
    }
    co_return refused(Error{Code::kNotFound, "there is no silence " + call.params[0]});
}

Task<net::Response> delete_silence(Parts parts, Call call) {
    Result<void> ended = co_await parts.alerts.end_silence(call.principal.tenant, call.params[0]);
    if (!ended) co_return refused(ended.error());
    co_return net::Response::empty(200);
}

net::Response get_receivers(const Call&) {
    return json_answer(200, json::array{json::object{{"name", "nightshift"}}});
}

// What its clients read before anything else.
net::Response get_status(const Call&) {
    json::object version{{"version", "0.28.0"}, {"branch", ""},    {"buildDate", ""},
                         {"buildUser", ""},     {"goVersion", ""}, {"revision", "nightshift"}};
    return json_answer(200, json::object{{"cluster", {{"status", "disabled"}, {"peers", json::array()}}},
                                         {"config", {{"original", ""}}},
                                         {"uptime", "1970-01-01T00:00:00Z"},
                                         {"versionInfo", std::move(version)}});
}

}  // namespace

void add_alertmanager_routes(Router& router, alerts::Service& service, const Clock& clock,
                             seconds resolve_timeout) {
    Parts parts{service, clock, resolve_timeout};
    auto add = [&](net::Method method, const char* pattern, Scope scope, auto answer) {
        router.add({method, pattern, Access::scoped(scope),
                    [parts, answer](Call call) { return answer(parts, std::move(call)); }});
    };
    Route take{net::Method::kPost, "/api/v2/alerts", Access::scoped(Scope::kIngest),
               [parts](Call call) { return post_alerts(parts, std::move(call)); }, kBodyBytesMax};
    router.add(std::move(take));
    add(net::Method::kGet, "/api/v2/alerts", Scope::kRead, get_alerts);
    add(net::Method::kGet, "/api/v2/alerts/groups", Scope::kRead, get_groups);
    add(net::Method::kPost, "/api/v2/silences", Scope::kWrite, post_silence);
    add(net::Method::kGet, "/api/v2/silences", Scope::kRead, get_silences);
    add(net::Method::kGet, "/api/v2/silence/{id}", Scope::kRead, get_silence);
    add(net::Method::kDelete, "/api/v2/silence/{id}", Scope::kWrite, delete_silence);
    router.add(
        {net::Method::kGet, "/api/v2/receivers", Access::scoped(Scope::kRead), immediate(get_receivers)});
    router.add({net::Method::kGet, "/api/v2/status", Access::scoped(Scope::kRead), immediate(get_status)});
}

}  // namespace nightshift::api
