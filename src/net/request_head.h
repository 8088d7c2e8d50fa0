#pragma once

#include <string>
#include <string_view>

#include "net/client.h"

namespace nightshift::net {

// Appends the request line, Host and User-Agent of a request to `url`.
void append_request_line(std::string& out, std::string_view method, const Url& url);

}  // namespace nightshift::net
