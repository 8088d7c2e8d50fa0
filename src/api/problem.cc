#include "api/problem.h"

#include "base/text.h"

namespace nightshift::api {
namespace {

std::string_view title(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 409:
            return "Conflict";
        case 429:
            return "Too Many Requests";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Internal Server Error";
    }
}

}  // namespace

int http_status(Code code) {
    switch (code) {
        case Code::kInvalid:
            return 400;
        case Code::kUnauthorized:
            return 401;
        case Code::kForbidden:
            return 403;
        case Code::kNotFound:
            return 404;
        case Code::kConflict:
            return 409;
        case Code::kLimit:
            return 429;
        case Code::kUnavailable:
        case Code::kCancelled:
            return 503;
        case Code::kTimeout:
            return 504;
        case Code::kCorrupt:
        case Code::kIo:
        case Code::kInternal:
            return 500;
    }
    return 500;
}

net::Response problem(Code code, std::string_view detail) {
    return problem(Error{code, std::string(detail)});
}

net::Response problem(const Error& error) {
    int status = http_status(error.code);
    std::string body = R"({"type":"about:blank","title":)";
    append_json_string(body, title(status));
    body += fmt::format(R"(,"status":{},"code":)", status);
    append_json_string(body, to_string(error.code));
    body += R"(,"detail":)";
    append_json_string(body, error.message);
    body += '}';
    net::Response response = net::Response::text(status, std::move(body));
    response.headers.set("Content-Type", "application/problem+json");
    if (status == 429 || status == 503) response.headers.set("Retry-After", "1");
    if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace nightshift::api
