#include "api/changes.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;
using incidents::ChangeFact;

constexpr std::chrono::hours kBack{24};

json::object show(const ChangeFact& change) {
    return {
        {"time_ms", unix_ms(change.at)}, {"what", change.what}, {"who", change.who}, {"about", change.about}};
}

net::Response list(const ChangeParts& parts, const Call& call) {
    json::array items;
    for (const ChangeFact& each : parts.since(call.principal.tenant, parts.clock.now() - kBack))
        items.push_back(show(each));
    return json_answer(200, json::object{{"items", std::move(items)}});
}

Result<ChangeFact> read_change(const Call& call) {
    NS_TRY(json::object body, parse_body(call.request.body));
    ChangeFact change{.who = call.principal.name};
    NS_TRY(change.what, string_member(body, "what"));
    NS_TRY(change.about, string_member(body, "about"));
    return change;
}

Task<net::Response> add(ChangeParts parts, Call call) {
    Result<ChangeFact> change = read_change(call);
    if (!change) co_return problem(change.error());
    change->at = parts.clock.now();
    Result<void> kept = co_await parts.add(call.principal.tenant, *change);
    if (!kept) co_return problem(kept.error());
    co_return json_answer(201, show(*change));
}

}  // namespace

void add_change_routes(Router& router, ChangeParts parts) {
    router.add({net::Method::kGet, "/api/v1/changes", Access::scoped(Scope::kRead),
                immediate([parts](const Call& call) { return list(parts, call); })});
    router.add({net::Method::kPost, "/api/v1/changes", Access::scoped(Scope::kWrite),
                [parts](Call call) { return add(parts, std::move(call)); }});
}

}  // namespace nightshift::api
