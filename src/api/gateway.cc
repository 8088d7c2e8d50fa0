#include "api/gateway.h"

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

}  // namespace nightshift::api
