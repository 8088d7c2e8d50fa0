#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace nightshift::net {

// Whether a request asks for the WebSocket protocol (RFC 6455 §4.2.1), in the one version there is.
enum class UpgradeRequest { kNone, kValid, kInvalid };
UpgradeRequest upgrade_request(Method method, const Headers& headers);

// The Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

// A fresh Sec-WebSocket-Key.
std::string make_websocket_key();

// Whether a comma-separated header has `token`, without case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace nightshift::net
