#include "api/gateway.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"

namespace nightshift::api {
namespace {

using gateway::Dialect;

Route dialect_route(net::Method method, std::string pattern, Dialect dialect, gateway::Gateway& gateway) {
    Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.access = Access::scoped(auth::Scope::kGateway);
    route.body_bytes_max = gateway::Gateway::kRequestBytesMax;
    route.refuse = [dialect](const Error& error, int status) {
        return gateway::Gateway::refuse(dialect, error, status);
    };
    route.call = [dialect, &gateway](Call call) {
        return gateway.handle({.dialect = dialect,
                               .http = std::move(call.request),
                               .tenant = std::move(call.principal.tenant),
                               .token_name = std::move(call.principal.name)});
    };
    return route;
}

net::Response no_gateway() {
    return problem(Code::kNotFound, "there is no gateway: the configuration has no section gateway");
}

Task<net::Response> gateway_status(gateway::Gateway* gateway, Call call) {
    if (gateway == nullptr) co_return net::Response::json(200, R"({"is_enabled":false})");
    std::string status = co_await gateway->status(std::move(call.principal.tenant));
    co_return net::Response::json(200, std::move(status));
}

net::Response explain_route(gateway::Gateway* gateway, const Call& call) {
    if (gateway == nullptr) return no_gateway();
    auto model = call.request.query_value("model");
    if (!model || model->empty()) return problem(Code::kInvalid, "explain needs ?model=");
    auto tokens = integer_parameter(call.request, "tokens", 0, 0, 1'000'000'000);
    if (!tokens) return problem(tokens.error());
    auto explained = gateway->explain(*model, *tokens);
    return explained ? net::Response::json(200, std::move(*explained)) : problem(explained.error());
}

Task<net::Response> test_targets(gateway::Gateway* gateway, Call call) {
    if (gateway == nullptr) co_return no_gateway();
    auto body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    auto route = string_member(*body, "route");
    if (!route) co_return problem(route.error());
    std::string results = co_await gateway->test(std::move(*route), std::move(call.principal.tenant));
    co_return net::Response::json(200, std::move(results));
}

}  // namespace

void add_dialect_routes(Router& router, gateway::Gateway& gateway) {
    // Groq's clients put "/openai" in front.
    for (const std::string prefix : {"", "/openai"}) {
        router.add(
            dialect_route(net::Method::kPost, prefix + "/v1/chat/completions", Dialect::kChat, gateway));
        router.add(dialect_route(net::Method::kPost, prefix + "/v1/responses", Dialect::kResponses, gateway));
        router.add(
            dialect_route(net::Method::kPost, prefix + "/v1/embeddings", Dialect::kEmbeddings, gateway));
        router.add(dialect_route(net::Method::kGet, prefix + "/v1/models", Dialect::kModels, gateway));
    }
    router.add(dialect_route(net::Method::kPost, "/v1/messages", Dialect::kMessages, gateway));
    router.add(dialect_route(net::Method::kPost, "/api/chat", Dialect::kOllamaChat, gateway));
    router.add(dialect_route(net::Method::kGet, "/api/tags", Dialect::kOllamaTags, gateway));
}

void add_gateway_routes(Router& router, gateway::Gateway* gateway) {
    router.add({net::Method::kGet, "/api/v1/gateway", Access::scoped(auth::Scope::kRead),
                [gateway](Call call) { return gateway_status(gateway, std::move(call)); }});
    router.add({net::Method::kGet, "/api/v1/gateway/explain", Access::scoped(auth::Scope::kRead),
                immediate([gateway](const Call& call) { return explain_route(gateway, call); })});
    router.add({net::Method::kPost, "/api/v1/gateway/test", Access::scoped(auth::Scope::kWrite),
                [gateway](Call call) { return test_targets(gateway, std::move(call)); }});
}

}  // namespace nightshift::api
