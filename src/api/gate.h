#pragma once

#include <string>
#include <vector>

#include "api/router.h"
#include "auth/authenticator.h"
#include "base/result.h"
#include "net/http.h"

namespace nightshift::api {

struct GateOptions {
    bool anonymous_ingest = true;            // telemetry from loopback needs no token
    std::vector<std::string> allowed_hosts;  // names besides loopback under which browsers may reach us
};

// The session cookie's name; its value is a token.
inline constexpr std::string_view kCookieName = "nightshift_token";

// Decides who a request acts as, or why it may not. Against other sites' pages in the user's browser it also
// checks the Host (DNS rebinding) and, for a request that carries one, the Origin.
class Gate {
public:
    // `authenticator` must outlive the gate.
    Gate(const auth::Authenticator& authenticator, GateOptions options)
        : authenticator_(authenticator), options_(std::move(options)) {}

    Result<auth::Principal> admit(const net::RequestHead& request, const Route& route) const;

private:
    bool is_known_host(std::string_view host) const;

    const auth::Authenticator& authenticator_;
    GateOptions options_;
};

// "Bearer x" in Authorization, "x-api-key", or the cookie; "" when there is none.
std::string_view token_of(const net::Headers& headers);

}  // namespace nightshift::api
