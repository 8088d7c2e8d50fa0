#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "recorder/query.h"

namespace nightshift::api {

// The query parameters of GET /api/v1/events. kInvalid names the parameter. The tenant is the caller's, never
// a parameter.
Result<recorder::EventQuery> parse_event_query(const net::Request& request, std::string_view tenant);

// The body of POST /api/v1/query.
Result<recorder::Query> parse_query(const std::string& body, std::string_view tenant);

}  // namespace nightshift::api
