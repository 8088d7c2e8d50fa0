#pragma once

#include "api/router.h"
#include "gateway/gateway.h"

namespace nightshift::api {

// The dialects' own addresses: /v1/chat/completions, /v1/responses, /v1/embeddings, /v1/models, /v1/messages,
// /api/chat and /api/tags. What is refused is refused in the client's dialect.
void add_dialect_routes(Router& router, gateway::Gateway& gateway);

// /api/v1/gateway: state of routes and targets, what a call would do, and a test of every target. `gateway`
// is null when there is none.
void add_gateway_routes(Router& router, gateway::Gateway* gateway);

}  // namespace nightshift::api
