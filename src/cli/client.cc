#include "cli/client.h"

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/clock.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

Code code_of(int status) {
    switch (status) {
        case 401:
            return Code::kUnauthorized;
        case 403:
            return Code::kForbidden;
        case 404:
            return Code::kNotFound;
        case 409:
            return Code::kConflict;
        case 429:
            return Code::kLimit;
        case 503:
            return Code::kUnavailable;
        default:
            return status >= 500 ? Code::kInternal : Code::kInvalid;
    }
}

std::string detail_of(const net::ClientResponse& response) {
    json::error_code error;
    json::value value = json::parse(response.body, error);
    if (!error && value.is_object()) {
        if (const json::value* detail = value.as_object().if_contains("detail");
            detail && detail->is_string()) {
            return std::string(detail->as_string());
        }
    }
    return response.body.substr(0, 200);
}

// An answer without content is null.
Result<json::value> parse(const net::ClientResponse& response) {
    if (response.body.empty()) return json::value();
    json::error_code error;
    json::value value = json::parse(response.body, error);
    if (error) return fail(Code::kInvalid, "the server's answer is not JSON: {}", error.message());
    return value;
}

}  // namespace

Connection Connection::from_environment() {
    Connection connection;
    if (const char* url = std::getenv("NIGHTSHIFT_URL"); url && *url) connection.url = url;
    while (connection.url.ends_with('/')) connection.url.pop_back();
    if (const char* token = std::getenv("NIGHTSHIFT_TOKEN")) connection.token = Secret(token);
    return connection;
}

Result<net::ClientResponse> call(const Connection& connection, net::Method method, std::string_view path,
                                 std::string body) {
    net::ClientRequest request;
    request.method = method;
    request.url = connection.url + std::string(path);
    if (!connection.token.is_empty())
        request.headers.set("Authorization", "Bearer " + connection.token.reveal());
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    NS_TRY(net::ClientResponse response, net::fetch_blocking(std::move(request)));
    if (response.status >= 400) {
        return fail(code_of(response.status), "{} said {}: {}", connection.url, response.status,
                    detail_of(response));
    }
    return response;
}

Result<json::value> get_json(const Connection& connection, std::string_view path) {
    NS_TRY(net::ClientResponse response, call(connection, net::Method::kGet, path));
    return parse(response);
}

Result<json::value> post_json(const Connection& connection, std::string_view path, const json::value& body) {
    NS_TRY(net::ClientResponse response, call(connection, net::Method::kPost, path, json::serialize(body)));
    return parse(response);
}

int report(const Error& error) {
    std::fprintf(stderr, "nightshift: %s\n", error.message.c_str());
    switch (error.code) {
        case Code::kUnauthorized:
        case Code::kForbidden:
            return kAuth;
        case Code::kUnavailable:
        case Code::kTimeout:
            return kUnreachable;
        case Code::kInvalid:
            return kUsage;
        default:
            return kBad;
    }
}

int64_t now_ms() {
    return unix_ms(SystemClock().now());
}

}  // namespace nightshift::cli
