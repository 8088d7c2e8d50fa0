#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/table.h"

namespace nightshift::cli {

namespace json = boost::json;

int run_token_list(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/tokens");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"ID", "NAME", "TENANT", "SCOPES", "CREATED", "LAST USED"});
    for (const json::value& each : answer->at("items").as_array()) {
        std::string scopes;
        for (const json::value& scope : each.at("scopes").as_array()) {
            scopes += (scopes.empty() ? "" : ",") + std::string(scope.as_string());
        }
        const json::value& used = each.at("last_used_ms");
        table.add({std::string(each.at("id").as_string()), std::string(each.at("name").as_string()),
                   std::string(each.at("tenant").as_string()), scopes,
                   age(each.at("created_ms").to_number<int64_t>(), now_ms()),
                   used.is_null() ? "not since start" : age(used.to_number<int64_t>(), now_ms())});
    }
    std::fputs(table.text().c_str(), stdout);
    return kOk;
}

int run_token_create(const Connection& connection, const std::string& name,
                     const std::vector<std::string>& scopes, const std::string& tenant, bool json) {
    json::object body{
        {"name", name}, {"scopes", json::array(scopes.begin(), scopes.end())}, {"tenant", tenant}};
    auto answer = post_json(connection, "/api/v1/tokens", body);
    if (!answer) return report(answer.error());
    if (json) {
        std::puts(json::serialize(*answer).c_str());
    } else {
        std::printf("%s\n", answer->at("token").as_string().c_str());
        std::fprintf(stderr, "The token is shown only now. Its id is %s.\n",
                     answer->at("id").as_string().c_str());
    }
    return kOk;
}

int run_token_revoke(const Connection& connection, const std::string& id) {
    auto answer = call(connection, net::Method::kDelete, "/api/v1/tokens/" + percent_encode(id));
    return answer ? kOk : report(answer.error());
}

}  // namespace nightshift::cli
