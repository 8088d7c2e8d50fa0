#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace nightshift::api {

// The one place where an error becomes an HTTP status.
int http_status(Code code);

// An RFC 9457 answer. kLimit and kUnavailable carry Retry-After.
net::Response problem(const Error& error);
net::Response problem(Code code, std::string_view detail);

}  // namespace nightshift::api
