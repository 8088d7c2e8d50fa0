#pragma once

#include <functional>
#include <utility>

#include "api/gate.h"
#include "api/router.h"
#include "net/server.h"

namespace nightshift::api {

// The front door: finds the route, asks the gate, runs the call, and puts the security headers on every
// answer. Whatever matches no route is the web UI's.
class Server final : public net::Handler {
public:
    // The main port and the agents' OTLP port, in the order they are given to net::ServerOptions::listen.
    static constexpr int kMainListener = 0;
    static constexpr int kOtlpListener = 1;

    Server(Router router, Gate gate) : router_(std::move(router)), gate_(std::move(gate)) {}

    size_t body_bytes_max(const net::RequestHead& head) const override;
    Task<net::Response> handle(net::Request request) override;
    net::Response refuse(const net::RequestHead& head, int status, std::string_view reason) const override;

private:
    Task<net::Response> route(net::Request request, bool& is_for_browsers);

    Router router_;
    Gate gate_;
};

}  // namespace nightshift::api
