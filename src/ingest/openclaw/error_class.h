#pragma once

#include <string_view>

namespace nightshift::ingest::openclaw {

// The class of a failure told in prose ("FailoverError: HTTP 500: ..."): rate_limit, auth, billing,
// model_not_found, context_overflow, timeout, overloaded, server_error, aborted, gateway_restart,
// gateway_internal, or unknown. Newer gateways send the class themselves; this is for those that do not.
std::string_view classify_error(std::string_view message);

// Whether the class speaks against the gateway itself, not against a model provider behind it.
bool blames_gateway(std::string_view error_class);

}  // namespace nightshift::ingest::openclaw
