#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/types.h"
#include "io/task.h"
#include "net/http.h"

namespace nightshift::api {

// A request that passed the gate.
struct Call {
    net::Request request;
    auth::Principal principal;
    std::vector<std::string> params;  // what stood at each {name} of the route, decoded
};

using CallFn = std::function<Task<net::Response>(Call)>;
// A call that needs to wait for nothing.
CallFn immediate(std::function<net::Response(const Call&)> answer);

// Who may call: everybody, every token, or tokens with a scope.
struct Access {
    bool needs_token = true;
    std::optional<auth::Scope> scope;

    static Access open() { return {false, std::nullopt}; }
    static Access any_token() { return {true, std::nullopt}; }
    static Access scoped(auth::Scope scope) { return {true, scope}; }
};

struct Route {
    net::Method method = net::Method::kGet;
    std::string pattern;  // "/api/v1/tokens/{id}"; {name} is one segment
    Access access;
    CallFn call;
    size_t body_bytes_max = 1u << 20;
    // How a request is answered that the gate or the body's limit refuses; unset: with a problem document.
    std::function<net::Response(const Error&, int status)> refuse = nullptr;
    bool is_telemetry = false;  // may come without a token from this machine, and on the OTLP listener
};

// The table of routes. Filled at start, then only read, from every loop.
class Router {
public:
    void add(Route route);

    struct Match {
        const Route* route = nullptr;  // null: no such path, or not with that method
        bool path_exists = false;
        std::vector<std::string> params;
    };
    // `raw_path` is the path as sent, so that an encoded slash stays inside its segment. HEAD matches GET.
    Match find(net::Method method, std::string_view raw_path) const;

    const std::vector<Route>& routes() const { return routes_; }

private:
    std::vector<Route> routes_;
};

}  // namespace nightshift::api
