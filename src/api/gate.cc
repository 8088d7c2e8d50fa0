#include "api/gate.h"

#include <algorithm>

#include "base/text.h"

namespace nightshift::api {
namespace {

// "host:port" without the port; IPv6 keeps its brackets.
std::string_view host_name(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

// An address cannot be rebound by a hostile name server; only names can.
bool is_address(std::string_view name) {
    return name.starts_with('[') ||
           (!name.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::string_view cookie_value(std::string_view cookies, std::string_view name) {
    for (std::string_view cookie : split(cookies, ';')) {
        cookie = trim(cookie);
        if (cookie.size() > name.size() && cookie.starts_with(name) && cookie[name.size()] == '=') {
            return cookie.substr(name.size() + 1);
        }
    }
    return {};
}

}  // namespace

std::string_view token_of(const net::Headers& headers) {
    std::string_view authorization = headers.get("Authorization");
    if (authorization.size() > 7 && equals_ignore_case(authorization.substr(0, 7), "Bearer ")) {
        return trim(authorization.substr(7));
    }
    if (std::string_view key = headers.get("X-Api-Key"); !key.empty()) return key;
    return cookie_value(headers.get("Cookie"), kCookieName);
}

bool Gate::is_known_host(std::string_view host) const {
    std::string_view name = host_name(host);
    return is_address(name) || equals_ignore_case(name, "localhost") ||
           std::any_of(options_.allowed_hosts.begin(), options_.allowed_hosts.end(),
                       [&](const std::string& allowed) { return equals_ignore_case(allowed, name); });
}

Result<auth::Principal> Gate::admit(const net::RequestHead& request, const Route& route) const {
    std::string_view host = request.headers.get("Host");
    if (!is_known_host(host)) {
        return fail(Code::kForbidden, "the host name {} is not ours; add it to server.allowed_hosts", host);
    }
    if (auto origin = request.headers.find("Origin"); origin && !route.is_telemetry) {
        size_t scheme = origin->find("://");
        if (scheme == std::string_view::npos || origin->substr(scheme + 3) != host) {
            return fail(Code::kForbidden, "requests from {} are refused: the page belongs to another site",
                        *origin);
        }
    }
    if (!route.access.needs_token) return auth::Principal{};
    std::string_view token = token_of(request.headers);
    if (token.empty()) {
        bool is_local_telemetry = route.is_telemetry && options_.anonymous_ingest &&
                                  request.peer_is_loopback && !request.headers.find("Origin");
        if (is_local_telemetry)
            return auth::Principal{"default", "this machine", "", auth::Scopes({auth::Scope::kIngest})};
        return fail(Code::kUnauthorized, "send a token: Authorization: Bearer ns_...");
    }
    NS_TRY(auth::Principal principal, authenticator_.authenticate(token));
    if (route.access.scope && !principal.scopes.allows(*route.access.scope)) {
        return fail(Code::kForbidden, "the token {} lacks the scope {}", principal.name,
                    to_string(*route.access.scope));
    }
    return principal;
}

}  // namespace nightshift::api
