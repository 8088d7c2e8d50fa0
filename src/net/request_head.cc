#include "net/request_head.h"

#include <fmt/format.h>

#include "net/render.h"

namespace nightshift::net {
namespace {

bool is_default_port(const Url& url) {
    bool is_secure = url.scheme == "https" || url.scheme == "wss";
    return url.port == (is_secure ? 443 : 80);
}

}  // namespace

void append_request_line(std::string& out, std::string_view method, const Url& url) {
    out += fmt::format("{} {} HTTP/1.1\r\n", method, url.target);
    bool is_v6 = url.host.find(':') != std::string::npos;
    std::string host = is_v6 ? fmt::format("[{}]", url.host) : url.host;
    if (!is_default_port(url)) host += fmt::format(":{}", url.port);
    append_header(out, "Host", host);
    append_header(out, "User-Agent", "nightshift");
}

}  // namespace nightshift::net
