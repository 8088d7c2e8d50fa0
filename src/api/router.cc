#include "api/router.h"

#include "base/text.h"

namespace nightshift::api {
namespace {

// Compares segment by segment without allocating unless a parameter is met.
bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& params) {
    params.clear();
    while (!pattern.empty() && !path.empty()) {
        pattern.remove_prefix(1);
        path.remove_prefix(1);
        std::string_view expected = pattern.substr(0, pattern.find('/'));
        std::string_view given = path.substr(0, path.find('/'));
        pattern.remove_prefix(expected.size());
        path.remove_prefix(given.size());
        if (expected.starts_with('{')) {
            auto value = percent_decode(given);
            if (!value || value->empty()) return false;
            params.push_back(std::move(*value));
        } else if (expected != given) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

// `answer` lives in the route's function, which outlives every call.
Task<net::Response> answer_now(const std::function<net::Response(const Call&)>& answer, Call call) {
    co_return answer(call);
}

}  // namespace

CallFn immediate(std::function<net::Response(const Call&)> answer) {
    return [answer = std::move(answer)](Call call) { return answer_now(answer, std::move(call)); };
}

void Router::add(Route route) {
    routes_.push_back(std::move(route));
}

Router::Match Router::find(net::Method method, std::string_view raw_path) const {
    Match match;
    net::Method wanted = method == net::Method::kHead ? net::Method::kGet : method;
    for (const Route& route : routes_) {
        if (!matches(route.pattern, raw_path, match.params)) continue;
        match.path_exists = true;
        if (route.method == wanted) {
            match.route = &route;
            return match;
        }
    }
    match.params.clear();
    return match;
}

}  // namespace nightshift::api
