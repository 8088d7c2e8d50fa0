#include "gateway/upstream_head.h"

#include <fmt/format.h>

#include <array>

#include "net/render.h"

namespace nightshift::gateway {
namespace {

// What a client may say to a provider besides the body. Never its credentials: those are ours.
constexpr std::array<std::string_view, 8> kPassed = {
    "anthropic-beta", "anthropic-version", "openai-beta",  "idempotency-key",
    "traceparent",    "tracestate",        "http-referer", "x-title"};

void append_host(std::string& out, const net::Url& url) {
    const bool is_v6 = url.host.find(':') != std::string::npos;
    if (is_v6) out += '[';
    out += url.host;
    if (is_v6) out += ']';
    if (url.port != (url.scheme == "https" ? 443 : 80)) {
        out += ':';
        out += fmt::format_int(url.port).c_str();
    }
}

}  // namespace

std::string render_upstream_head(const UpstreamHead& head) {
    const net::Url& url = head.origin.url;
    std::string out;
    out.reserve(512);
    out += "POST ";
    if (head.origin.proxy && url.scheme == "http") {
        out += "http://";
        append_host(out, url);
    }
    out += url.target;
    out += upstream_path(head.kind, head.dialect);
    out += " HTTP/1.1\r\nHost: ";
    append_host(out, url);
    out += "\r\nUser-Agent: nightshift\r\nContent-Type: application/json\r\nAccept: ";
    const bool is_ndjson = head.dialect == Dialect::kOllamaChat;
    out += !head.stream ? "application/json" : is_ndjson ? "application/x-ndjson" : "text/event-stream";
    out += "\r\n";
    const CredentialHeader credential = credential_header(head.kind);
    if (head.key != nullptr) {
        std::string value(credential.prefix);
        value += head.key->reveal();
        net::append_header(out, credential.name, value);
    }
    if (!credential.extra_name.empty() && !head.client.find(credential.extra_name))
        net::append_header(out, credential.extra_name, credential.extra_value);
    for (std::string_view name : kPassed) {
        if (auto value = head.client.find(name)) net::append_header(out, name, *value);
    }
    out += "Content-Length: ";
    out += fmt::format_int(head.body_bytes).c_str();
    out += "\r\n\r\n";
    return out;
}

}  // namespace nightshift::gateway
