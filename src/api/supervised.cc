#include "api/supervised.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"
#include "base/log.h"
#include "jobs/show.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;
using Wish = SupervisedParts::Wish;

constexpr std::string_view kTenant = "default";

Task<net::Response> list(SupervisedParts parts, Call call) {
    json::array items;
    if (call.principal.tenant == kTenant) {
        std::vector<jobs::AgentStatus> all = co_await parts.list();
        for (const jobs::AgentStatus& each : all) items.push_back(jobs::show(each));
    }
    co_return json_answer(200, json::object{{"items", std::move(items)}});
}

Task<net::Response> act(SupervisedParts parts, Call call, Wish wish) {
    std::string name = call.params[0];
    if (call.principal.tenant != kTenant)
        co_return problem(Code::kNotFound, fmt::format("no agent {} is supervised", name));
    Result<void> done = co_await parts.act(name, wish);
    if (!done) co_return problem(done.error());
    log::info("api", "{} asked to {} agent {}", call.principal.name,
              wish == Wish::kStart  ? "start"
              : wish == Wish::kStop ? "stop"
                                    : "restart",
              name);
    co_return net::Response::empty(202);
}

}  // namespace

void add_supervised_routes(Router& router, SupervisedParts parts) {
    router.add({net::Method::kGet, "/api/v1/supervised", Access::scoped(Scope::kRead),
                [parts](Call call) { return list(parts, std::move(call)); }});
    auto add = [&](const char* pattern, Wish wish) {
        router.add({net::Method::kPost, pattern, Access::scoped(Scope::kWrite),
                    [parts, wish](Call call) { return act(parts, std::move(call), wish); }});
    };
    add("/api/v1/supervised/{name}/start", Wish::kStart);
    add("/api/v1/supervised/{name}/stop", Wish::kStop);
    add("/api/v1/supervised/{name}/restart", Wish::kRestart);
}

}  // namespace nightshift::api
