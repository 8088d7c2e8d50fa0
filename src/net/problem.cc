#include "net/problem.h"

#include <fmt/format.h>

#include "base/text.h"
#include "net/render.h"

namespace nightshift::net {
namespace {

std::string_view usual_code(int status) {
    switch (status) {
        case 404:
            return "not_found";
        case 408:
            return "timeout";
        case 413:
        case 429:
        case 431:
            return "limit";
        case 500:
            return "internal";
        case 503:
            return "unavailable";
        default:
            return "invalid";
    }
}

}  // namespace

Response render(const Problem& problem) {
    Response response;
    response.status = problem.status;
    response.headers.add("Content-Type", "application/problem+json");
    std::string& body = response.body;
    body = R"({"type":"about:blank","title":)";
    append_json_string(body, reason_phrase(problem.status));
    body += fmt::format(R"(,"status":{},"code":)", problem.status);
    append_json_string(body, problem.code.empty() ? usual_code(problem.status) : problem.code);
    body += R"(,"detail":)";
    append_json_string(body, problem.detail);
    if (!problem.members.empty()) {
        body += ',';
        body += problem.members;
    }
    body += '}';
    return response;
}

}  // namespace nightshift::net
