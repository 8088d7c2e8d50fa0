#pragma once

#include "api/router.h"

namespace nightshift::api {

// /mcp: the Model Context Protocol (2025-06-18, streamable HTTP without a stream), so that agents can ask
// what became of work and say what they did. Its tools are routes of `router`, with the same tokens and the
// same answers: add those first.
void add_mcp_routes(Router& router, std::string version);

}  // namespace nightshift::api
