#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/client.h"
#include "net/server.h"

namespace nightshift::net {
namespace {

struct HostPort {
    std::string_view host;  // without brackets
    std::string_view port;  // empty when there is none
};

// "host", "host:port", "[v6]" or "[v6]:port".
std::optional<HostPort> split_host_port(std::string_view text) {
    if (text.starts_with('[')) {
        size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && (rest.front() != ':' || rest.size() == 1)) return std::nullopt;
        return HostPort{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
    }
    size_t colon = text.find(':');
    if (colon == std::string_view::npos) return HostPort{text, {}};
    if (colon + 1 == text.size() || text.find(':', colon + 1) != std::string_view::npos) return std::nullopt;
    return HostPort{text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<uint16_t> parse_port(std::string_view text) {
    auto number = parse_uint(text);
    if (!number || *number > 65535) return std::nullopt;
    return static_cast<uint16_t>(*number);
}

// Control characters, spaces and what would end a line have no place in a URL.
bool is_clean(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f;
    });
}

uint16_t default_port(std::string_view scheme) {
    if (scheme == "http" || scheme == "ws") return 80;
    if (scheme == "https" || scheme == "wss") return 443;
    return 0;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    if (!is_clean(text)) return fail(Code::kInvalid, "a URL has no spaces or control characters");
    size_t scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) {
        return fail(Code::kInvalid, "{:.200} is no URL: it needs http://, https://, ws:// or wss:// in front",
                    text);
    }
    Url url;
    url.scheme = to_lower(text.substr(0, scheme_end));
    uint16_t port = default_port(url.scheme);
    if (port == 0)
        return fail(Code::kInvalid, "the scheme {:.40} of a URL is not http, https, ws or wss", url.scheme);

    std::string_view rest = text.substr(scheme_end + 3);
    rest = rest.substr(0, rest.find('#'));
    size_t target_start = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view authority = rest.substr(0, target_start);
    if (authority.find('@') != std::string_view::npos) {
        return fail(Code::kInvalid, "a URL with a user name or password is not taken; send a header");
    }
    auto address = split_host_port(authority);
    if (!address || address->host.empty()) return fail(Code::kInvalid, "{:.200} names no host", text);
    url.host = to_lower(address->host);
    url.port = port;
    if (!address->port.empty()) {
        auto given = parse_port(address->port);
        if (!given || *given == 0) return fail(Code::kInvalid, "{:.20} is no port", address->port);
        url.port = *given;
    }
    url.target = rest.substr(target_start);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

Result<Address> parse_address(std::string_view text) {
    auto address = is_clean(text) ? split_host_port(text) : std::nullopt;
    auto port = address ? parse_port(address->port) : std::nullopt;
    if (!address || address->host.empty() || !port) {
        return fail(Code::kInvalid, "{:.200} is no address; write host:port, for example 127.0.0.1:8700",
                    text);
    }
    return Address{std::string(address->host), *port};
}

}  // namespace nightshift::net
