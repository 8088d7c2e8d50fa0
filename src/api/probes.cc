#include "api/probes.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"
#include "base/log.h"
#include "health/show.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;
using health::ProbeView;

constexpr std::string_view kTenant = "default";

net::Response no_probe(const std::string& name) {
    return problem(Code::kNotFound, fmt::format("there is no probe {:.100}", name));
}

Task<net::Response> list(health::Service* probes, Call call) {
    json::array items;
    if (call.principal.tenant == kTenant) {
        std::vector<ProbeView> all = co_await probes->list();
        for (const ProbeView& each : all) items.push_back(health::show(each));
    }
    co_return json_answer(200, json::object{{"items", std::move(items)}});
}

Task<net::Response> find(health::Service* probes, Call call) {
    std::string name = call.params[0];
    if (call.principal.tenant != kTenant) co_return no_probe(name);
    Result<ProbeView> view = co_await probes->find(name);
    if (!view) co_return problem(view.error());
    co_return json_answer(200, health::show_whole(*view));
}

Task<net::Response> run(health::Service* probes, Call call) {
    std::string name = call.params[0];
    if (call.principal.tenant != kTenant) co_return no_probe(name);
    Result<ProbeView> view = co_await probes->run(name);
    if (!view) co_return problem(view.error());
    log::info("api", "{} asked to run probe {}", call.principal.name, name);
    co_return json_answer(200, health::show_whole(*view));
}

}  // namespace

void add_probe_routes(Router& router, health::Service& probes) {
    auto add = [&](net::Method method, const char* pattern, Scope scope, auto answer) {
        router.add({method, pattern, Access::scoped(scope),
                    [probes = &probes, answer](Call call) { return answer(probes, std::move(call)); }});
    };
    add(net::Method::kGet, "/api/v1/probes", Scope::kRead, list);
    add(net::Method::kGet, "/api/v1/probes/{name}", Scope::kRead, find);
    add(net::Method::kPost, "/api/v1/probes/{name}/run", Scope::kWrite, run);
}

}  // namespace nightshift::api
