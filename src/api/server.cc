#include "api/server.h"

#include "api/assets.h"
#include "api/problem.h"
#include "base/log.h"
#include "base/text.h"

namespace nightshift::api {
namespace {

// Reading a large body costs memory, so it is granted only to who may send it.
constexpr size_t kUnknownBodyBytesMax = 4096;

std::string_view raw_path(const net::RequestHead& request) {
    std::string_view target = request.target;
    return target.substr(0, target.find('?'));
}

bool wants_gzip(const net::RequestHead& request) {
    return request.headers.get("Accept-Encoding").find("gzip") != std::string_view::npos;
}

net::Response asset_answer(const net::Request& request) {
    auto asset = find_asset(request.path);
    if (!asset) return problem(Code::kNotFound, "there is no " + request.path);
    net::Response response;
    response.headers.add("ETag", asset->etag);
    response.headers.add("Cache-Control",
                         asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    response.headers.add("Vary", "Accept-Encoding");
    if (request.headers.get("If-None-Match") == asset->etag) {
        response.status = 304;
        return response;
    }
    response.headers.add("Content-Type", asset->content_type);
    bool compressed = wants_gzip(request) && !asset->gzip.empty();
    if (compressed) response.headers.add("Content-Encoding", "gzip");
    response.body = std::string(compressed ? asset->gzip : asset->identity);
    return response;
}

net::Response refusal(const Route& route, const Error& error) {
    return route.refuse ? route.refuse(error, http_status(error.code)) : problem(error);
}

void add_security_headers(net::Response& response) {
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("Content-Security-Policy",
                         "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
}

}  // namespace

size_t Server::body_bytes_max(const net::RequestHead& head) const {
    // Whoever announces no more than everybody may send is let in or not when the body is there.
    auto announced = parse_uint(head.headers.get("Content-Length"));
    if (announced && *announced <= kUnknownBodyBytesMax) return kUnknownBodyBytesMax;
    Router::Match match = router_.find(head.method, raw_path(head));
    if (match.route == nullptr || !gate_.admit(head, *match.route)) return kUnknownBodyBytesMax;
    return match.route->body_bytes_max;
}

net::Response Server::refuse(const net::RequestHead& head, int status, std::string_view reason) const {
    Router::Match match = router_.find(head.method, raw_path(head));
    if (match.route == nullptr || !match.route->refuse) return net::Handler::refuse(head, status, reason);
    // A body that was too large for nobody in particular is one whose sender may not call at all.
    Result<auth::Principal> principal = gate_.admit(head, *match.route);
    if (!principal) return refusal(*match.route, principal.error());
    return match.route->refuse(Error{Code::kInvalid, std::string(reason)}, status);
}

Task<net::Response> Server::handle(net::Request request) {
    // What a page shows, or could be made to show; not what only programs read.
    bool is_for_browsers = request.path != "/api/v1/live";
    net::Response response = co_await route(std::move(request), is_for_browsers);
    if (is_for_browsers) add_security_headers(response);
    co_return response;
}

Task<net::Response> Server::route(net::Request request, bool& is_for_browsers) {
    Router::Match match = router_.find(request.method, raw_path(request));
    if (match.route != nullptr && match.route->refuse) is_for_browsers = false;
    if (match.route == nullptr) {
        if (match.path_exists) {
            net::Response refused = problem(Code::kInvalid, "the path exists, but not with this method");
            refused.status = 405;
            co_return refused;
        }
        bool is_page = request.method == net::Method::kGet || request.method == net::Method::kHead;
        bool is_ours = request.path.starts_with("/api/") || request.path.starts_with("/v1/");
        if (!is_page || is_ours || request.listener == kOtlpListener) {
            co_return problem(Code::kNotFound, "there is no " + request.path);
        }
        co_return asset_answer(request);
    }
    if (request.listener == kOtlpListener && !match.route->is_telemetry) {
        co_return problem(Code::kNotFound, "this port takes only OTLP; the rest is on the main port");
    }
    Result<auth::Principal> principal = gate_.admit(request, *match.route);
    if (!principal) co_return refusal(*match.route, principal.error());
    Call call{std::move(request), std::move(*principal), std::move(match.params)};
    co_return co_await match.route->call(std::move(call));
}

}  // namespace nightshift::api
