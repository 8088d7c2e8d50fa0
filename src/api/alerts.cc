#include "api/alerts.h"

#include <algorithm>
#include <boost/json.hpp>

#include "api/alert_json.h"
#include "api/json.h"
#include "api/problem.h"
#include "base/log.h"
#include "incidents/incident_json.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;

constexpr int64_t kPreviewDefault = 7 * 24 * 3600;
constexpr int64_t kPreviewMax = 31 * 24 * 3600;

Task<net::Response> list_alerts(AlertParts parts, Call call) {
    std::vector<alerts::AlertView> all = co_await parts.alerts.alerts(call.principal.tenant);
    std::sort(all.begin(), all.end(), [](const alerts::AlertView& a, const alerts::AlertView& b) {
        return a.alert->starts != b.alert->starts ? a.alert->starts > b.alert->starts
                                                  : a.alert->labels < b.alert->labels;
    });
    Time now = parts.clock.now();
    json::array items;
    for (const alerts::AlertView& each : all) items.push_back(show(each, now));
    co_return json_answer(200, json::object{{"items", std::move(items)}});
}

Task<net::Response> list_rules(AlertParts parts, Call call) {
    std::vector<alerts::RuleState> all = co_await parts.alerts.rules(call.principal.tenant);
    json::array items;
    for (const alerts::RuleState& each : all) items.push_back(show(each));
    co_return json_answer(200, json::object{{"items", std::move(items)}});
}

json::object show_preview(const alerts::Preview& preview) {
    json::array episodes;
    for (const alerts::Episode& each : preview.episodes) {
        json::object episode{{"labels", incidents::show(each.labels)},
                             {"summary", each.summary},
                             {"starts_ms", unix_ms(each.starts)},
                             {"ends_ms", nullptr},
                             {"is_flapping", each.is_flapping}};
        if (each.ends != Time::max()) episode["ends_ms"] = unix_ms(each.ends);
        episodes.push_back(std::move(episode));
    }
    json::array gaps;
    for (const alerts::Gap& each : preview.gaps)
        gaps.push_back(
            {{"from_ms", unix_ms(each.from)}, {"until_ms", unix_ms(each.until)}, {"why", each.why}});
    json::array notes(preview.notes.begin(), preview.notes.end());
    return {{"fired", preview.fired},         {"looks", preview.looks},
            {"step_s", preview.step.count()}, {"episodes", std::move(episodes)},
            {"gaps", std::move(gaps)},        {"left_out", preview.left_out},
            {"notes", std::move(notes)},      {"cannot", ""}};
}

Task<net::Response> preview_rule(AlertParts parts, Call call) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    Result<int64_t> over = integer_member(*body, "over_s", kPreviewDefault);
    if (!over) co_return problem(over.error());
    if (*over < 60 || *over > kPreviewMax)
        co_return problem(Code::kInvalid, fmt::format("over_s is between 60 and {}", kPreviewMax));
    std::string name = call.params[0];
    alerts::RulePtr rule = co_await parts.alerts.rule(call.principal.tenant, name);
    if (!rule) co_return problem(Code::kNotFound, fmt::format("there is no rule {:.100}", name));
    Time now = parts.clock.now();
    Result<alerts::Preview> preview = co_await parts.preview(rule, now - seconds(*over), now);
    if (preview) co_return json_answer(200, show_preview(*preview));
    if (preview.error().code != Code::kInvalid) co_return problem(preview.error());
    json::object cannot = show_preview(alerts::Preview());
    cannot["cannot"] = preview.error().message;
    co_return json_answer(200, cannot);
}

Task<net::Response> list_silences(AlertParts parts, Call call) {
    std::vector<alerts::Silence> all = co_await parts.alerts.silences(call.principal.tenant);
    std::sort(all.begin(), all.end(),
              [](const alerts::Silence& a, const alerts::Silence& b) { return a.created > b.created; });
    Time now = parts.clock.now();
    json::array items;
    for (const alerts::Silence& each : all) items.push_back(show(each, now));
    co_return json_answer(200, json::object{{"items", std::move(items)}});
}

Result<alerts::Silence> parse_silence(const Call& call, Time now) {
    NS_TRY(json::object body, parse_body(call.request.body));
    alerts::Silence silence;
    silence.tenant = call.principal.tenant;
    silence.author = call.principal.name;
    NS_TRY(silence.reason, string_member(body, "reason"));
    NS_TRY(std::string matchers, string_member(body, "matchers"));
    NS_TRY(silence.matchers, alerts::parse_matchers(matchers));
    NS_TRY(int64_t length, integer_member(body, "for_s", 3600));
    if (length < 1 || length > 366LL * 86'400) return fail(Code::kInvalid, "for_s is a number of seconds");
    NS_TRY(int64_t starts, integer_member(body, "starts_ms", unix_ms(now)));
    silence.starts = from_unix_ms(std::clamp<int64_t>(starts, 0, unix_ms(now) + 366LL * 86'400'000));
    silence.ends = silence.starts + seconds(length);
    return silence;
}

Task<net::Response> add_silence(AlertParts parts, Call call) {
    Time now = parts.clock.now();
    Result<alerts::Silence> wanted = parse_silence(call, now);
    if (!wanted) co_return problem(wanted.error());
    Result<alerts::Silence> kept = co_await parts.alerts.put_silence(std::move(*wanted));
    if (!kept) co_return problem(kept.error());
    log::info("api", "{} silences {} until {}: {}", kept->author, alerts::text_of(kept->matchers),
              unix_ms(kept->ends) / 1000, kept->reason);
    co_return json_answer(201, show(*kept, now));
}

Task<net::Response> end_silence(AlertParts parts, Call call) {
    std::string id = call.params[0];
    Result<void> ended = co_await parts.alerts.end_silence(call.principal.tenant, id);
    if (!ended) co_return problem(ended.error());
    log::info("api", "{} ended silence {}", call.principal.name, id);
    co_return net::Response::empty(204);
}

}  // namespace

void add_alert_routes(Router& router, AlertParts parts) {
    auto add = [&](net::Method method, const char* pattern, Scope scope, auto answer) {
        router.add({method, pattern, Access::scoped(scope),
                    [parts, answer](Call call) { return answer(parts, std::move(call)); }});
    };
    add(net::Method::kGet, "/api/v1/alerts", Scope::kRead, list_alerts);
    add(net::Method::kGet, "/api/v1/alerts/rules", Scope::kRead, list_rules);
    add(net::Method::kPost, "/api/v1/alerts/rules/{name}/preview", Scope::kRead, preview_rule);
    add(net::Method::kGet, "/api/v1/silences", Scope::kRead, list_silences);
    add(net::Method::kPost, "/api/v1/silences", Scope::kWrite, add_silence);
    add(net::Method::kDelete, "/api/v1/silences/{id}", Scope::kWrite, end_silence);
}

}  // namespace nightshift::api
