#include "api/problem.h"

#include "net/problem.h"

namespace nightshift::api {

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
    net::Response response =
        net::render({.status = status, .code = to_string(error.code), .detail = error.message});
    if (status == 429 || status == 503) response.headers.set("Retry-After", "1");
    if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace nightshift::api
