#include "ingest/openclaw/handshake.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "ingest/openclaw/json.h"

namespace nightshift::ingest::openclaw {

namespace json = boost::json;

namespace {

std::string_view scope_name(Scope scope) {
    switch (scope) {
        case Scope::kRead:
            return "operator.read";
        case Scope::kWrite:
            return "operator.write";
        case Scope::kAdmin:
            return "operator.admin";
    }
    return "operator.read";
}

std::vector<std::string> texts(const json::array& array) {
    constexpr size_t kItemsMax = 4096;
    std::vector<std::string> result;
    for (const json::value& item : array) {
        if (result.size() == kItemsMax) break;
        if (item.is_string()) result.emplace_back(item.get_string().data(), item.get_string().size());
    }
    return result;
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

std::string connect_params(const Secret& token, Scope scope, std::string_view version) {
    // Id and mode are from the gateway's closed lists; a product's own name goes to displayName.
    ObjectWriter client;
    client.add("id", "gateway-client");
    client.add("version", version);
    client.add("platform", "linux");
    client.add("mode", "backend");
    client.add("displayName", "nightshift");
    ObjectWriter auth;
    auth.add("token", token.reveal());
    ObjectWriter params;
    params.add_number("minProtocol", 3);
    params.add_number("maxProtocol", 4);
    params.add_json("client", client.take());
    params.add("role", "operator");
    params.add_json("scopes", fmt::format(R"(["{}"])", scope_name(scope)));
    params.add_json("caps", R"(["tool-events"])");
    params.add_json("auth", auth.take());
    return params.take();
}

bool Hello::has_method(std::string_view method) const {
    return contains(methods, method);
}

Result<Hello> parse_hello(const Frame& answer, Scope asked) {
    const json::object& payload = answer.payload();
    if (!answer.is_ok() || text(payload, "type") != "hello-ok")
        return fail(Code::kInvalid, "the gateway's answer to connect is no hello-ok");
    const json::object& server = child(payload, "server");
    Hello hello;
    hello.protocol = static_cast<int>(std::clamp<int64_t>(number(payload, "protocol"), 0, 1000));
    hello.version = truncate_utf8(text(server, "version"), 100);
    hello.boot_id = truncate_utf8(text(server, "bootId"), 100);
    hello.uptime_ms = number(child(payload, "snapshot"), "uptimeMs");
    hello.tick_interval_ms = number(child(payload, "policy"), "tickIntervalMs", 30'000);
    hello.methods = texts(items(child(payload, "features"), "methods"));
    hello.scopes = texts(items(child(payload, "auth"), "scopes"));
    bool is_granted = contains(hello.scopes, scope_name(asked)) || contains(hello.scopes, "operator.admin") ||
                      (asked == Scope::kRead && contains(hello.scopes, "operator.write"));
    if (!is_granted)
        return fail(
            Code::kForbidden,
            "the gateway let us in without the scope {}: it takes us for a remote client without an approved "
            "device. Run Nightshift on the gateway's host, or reach the gateway through an SSH or tailnet "
            "tunnel to its loopback address, without a proxy that adds X-Forwarded-* headers",
            scope_name(asked));
    return hello;
}

Refusal explain_refusal(const RpcError& error, std::string_view url) {
    Refusal refusal;
    refusal.retry_after_ms = std::clamp<int64_t>(error.retry_after_ms, 0, 60'000);
    auto say = [&](Code code, bool is_worth_retrying, std::string message) {
        refusal.error = {code, std::move(message)};
        refusal.is_worth_retrying = is_worth_retrying;
        return refusal;
    };
    if (error.is_retryable || error.detail_code == "startup-sidecars")
        return say(Code::kUnavailable, true,
                   fmt::format("the gateway at {} is starting: {}", url, error.message));
    if (error.detail_code == "PAIRING_REQUIRED")
        return say(
            Code::kForbidden, false,
            fmt::format("the gateway at {} wants this device approved: run `openclaw devices approve {}`",
                        url, error.request_id));
    if (error.code == "NOT_PAIRED")
        return say(
            Code::kUnauthorized, false,
            fmt::format("the gateway at {} got no token: set `token` of this source to the gateway's token "
                        "(gateway.auth.token, OPENCLAW_GATEWAY_TOKEN)",
                        url));
    if (error.detail_code == "AUTH_TOKEN_MISMATCH" || error.detail_code == "AUTH_SCOPE_MISMATCH")
        return say(Code::kUnauthorized, false,
                   fmt::format(
                       "the gateway at {} refused the token: {}. Set `token` of this source to the gateway's "
                       "token (gateway.auth.token, OPENCLAW_GATEWAY_TOKEN)",
                       url, error.message));
    if (error.detail_code == "PROTOCOL_MISMATCH")
        return say(Code::kInvalid, false,
                   fmt::format(
                       "the gateway at {} speaks none of the protocols 3 and 4: it is too old or too new for "
                       "this Nightshift",
                       url));
    if (error.detail_code == "CONTROL_UI_ORIGIN_NOT_ALLOWED")
        return say(
            Code::kForbidden, false,
            fmt::format(
                "the gateway at {} takes us for a browser: something between us adds an Origin header", url));
    return say(
        Code::kInvalid, false,
        fmt::format("the gateway at {} refused the connection: {} {}", url, error.code, error.message));
}

}  // namespace nightshift::ingest::openclaw
