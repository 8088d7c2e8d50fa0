#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/task.h"
#include "net/http.h"

namespace nightshift::net {

// "http://host:port/path?query", also https, ws and wss. kInvalid says what is wrong.
struct Url {
    std::string scheme;
    std::string host;
    uint16_t port = 0;
    std::string target;  // path and query, at least "/"
};
Result<Url> parse_url(std::string_view text);

struct ClientRequest {
    Method method = Method::kGet;
    std::string url;
    Headers headers;
    std::string body;
    std::chrono::milliseconds timeout{30'000};
    size_t body_bytes_max = 64u << 20;
    // Called when the connection stands, before the request's first byte leaves: a failure without this call
    // sent nothing, one after it leaves open whether the server acted.
    std::function<void()> on_sending;
    // When set, body pieces go here as they arrive and ClientResponse::body stays empty. Return false to
    // stop.
    std::function<bool(std::string_view)> on_body;
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
};

// One request on a new connection. Runs on the caller's loop. kUnavailable (nobody answers; the message names
// the address), kTimeout, kLimit (body), kInvalid (not HTTP).
Task<Result<ClientResponse>> fetch(ClientRequest request);

// The same from a thread without a loop: for the CLI and for tests.
Result<ClientResponse> fetch_blocking(ClientRequest request);

}  // namespace nightshift::net
