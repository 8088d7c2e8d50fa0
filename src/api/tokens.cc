#include "api/tokens.h"

#include <boost/json.hpp>

#include "api/gate.h"
#include "api/json.h"
#include "api/problem.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;

json::array scope_names(auth::Scopes scopes) {
    json::array names;
    for (Scope scope : scopes.list()) names.emplace_back(auth::to_string(scope));
    return names;
}

json::object token_json(const auth::Token& token) {
    json::object object{{"id", token.id},
                        {"name", token.name},
                        {"tenant", token.tenant},
                        {"scopes", scope_names(token.scopes)},
                        {"created_ms", token.created_ms},
                        {"last_used_ms", nullptr}};
    if (token.last_used_ms != 0) object["last_used_ms"] = token.last_used_ms;
    return object;
}

Result<auth::NewToken> parse_new_token(const std::string& body) {
    NS_TRY(json::object object, parse_body(body));
    auth::NewToken request;
    NS_TRY(request.name, string_member(object, "name"));
    NS_TRY(request.tenant, string_member(object, "tenant", "default"));
    NS_TRY(std::vector<std::string> names, strings_member(object, "scopes"));
    std::vector<Scope> scopes;
    for (const std::string& name : names) {
        auto scope = auth::parse_scope(name);
        if (!scope)
            return fail(Code::kInvalid, "{} is no scope; there are read, write, ingest, gateway and admin",
                        name);
        scopes.push_back(*scope);
    }
    request.scopes = auth::Scopes(scopes);
    return request;
}

std::string cookie(std::string_view token, int max_age_s) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}", kCookieName, token, max_age_s);
}

Task<net::Response> create_token(auth::Authenticator& authenticator, io::Pool& pool, Call call) {
    Result<auth::NewToken> request = parse_new_token(call.request.body);
    if (!request) co_return problem(request.error());
    std::function<Result<auth::CreatedToken>()> create = [&authenticator, wanted = *request] {
        return authenticator.create(wanted);
    };
    Result<auth::CreatedToken> created = co_await pool.run(std::move(create));
    if (!created) co_return problem(created.error());
    json::object object = token_json(created->token);
    object["token"] = created->secret.reveal();
    co_return json_answer(201, object);
}

Task<net::Response> revoke_token(auth::Authenticator& authenticator, io::Pool& pool, Call call) {
    std::function<Result<int>()> revoke = [&authenticator, id = call.params[0]]() -> Result<int> {
        if (auto revoked = authenticator.revoke(id); !revoked) return Failure(revoked.error());
        return 0;
    };
    Result<int> revoked = co_await pool.run(std::move(revoke));
    if (!revoked) co_return problem(revoked.error());
    co_return net::Response::empty(204);
}

net::Response list_tokens(const auth::Authenticator& authenticator) {
    json::array items;
    for (const auth::Token& token : authenticator.list()) items.push_back(token_json(token));
    return json_answer(200, json::object{{"items", std::move(items)}});
}

net::Response log_in(const auth::Authenticator& authenticator, const Call& call) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) return problem(body.error());
    Result<std::string> token = string_member(*body, "token");
    if (!token) return problem(token.error());
    if (auto principal = authenticator.authenticate(*token); !principal) return problem(principal.error());
    net::Response response = net::Response::empty(204);
    response.headers.set("Set-Cookie", cookie(*token, 60 * 60 * 24 * 90));
    return response;
}

}  // namespace

void add_token_routes(Router& router, auth::Authenticator& authenticator, io::Pool& pool) {
    router.add({net::Method::kGet, "/api/v1/tokens", Access::scoped(Scope::kAdmin),
                immediate([&authenticator](const Call&) { return list_tokens(authenticator); })});
    router.add(
        {net::Method::kPost, "/api/v1/tokens", Access::scoped(Scope::kAdmin),
         [&authenticator, &pool](Call call) { return create_token(authenticator, pool, std::move(call)); }});
    router.add(
        {net::Method::kDelete, "/api/v1/tokens/{id}", Access::scoped(Scope::kAdmin),
         [&authenticator, &pool](Call call) { return revoke_token(authenticator, pool, std::move(call)); }});
    router.add({net::Method::kGet, "/api/v1/whoami", Access::any_token(), immediate([](const Call& call) {
                    return json_answer(200, json::object{{"tenant", call.principal.tenant},
                                                         {"name", call.principal.name},
                                                         {"scopes", scope_names(call.principal.scopes)}});
                })});
    router.add({net::Method::kPost, "/api/v1/login", Access::open(),
                immediate([&authenticator](const Call& call) { return log_in(authenticator, call); })});
    router.add({net::Method::kPost, "/api/v1/logout", Access::open(), immediate([](const Call&) {
                    net::Response response = net::Response::empty(204);
                    response.headers.set("Set-Cookie", cookie("", 0));
                    return response;
                })});
}

}  // namespace nightshift::api
