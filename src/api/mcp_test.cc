#include "api/mcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "api/mcp_tools.h"
#include "api/problem.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;
using testing::HasSubstr;

// The routes of all tools, which remember what they were asked.
class McpTest : public testing::Test {
protected:
    McpTest() {
        for (const McpTool& tool : mcp_tools()) {
            Access access = Access::scoped(tool.name == "claim_work" ? Scope::kIngest
                                           : tool.changes            ? Scope::kWrite
                                                                     : Scope::kRead);
            router_.add({tool.method, std::string(tool.pattern), access,
                         [this](Call call) { return take(std::move(call)); }});
        }
        add_mcp_routes(router_, "1.2.3");
    }

    Task<net::Response> take(Call call) {
        asked_ = std::move(call);
        co_return answer_;
    }

    net::Response post(std::string body, std::vector<Scope> scopes = {Scope::kRead, Scope::kIngest}) {
        Call call;
        call.request.body = std::move(body);
        call.request.headers = headers_;
        call.principal = {"default", "molt", "t1", auth::Scopes(std::move(scopes))};
        const Route* route = router_.find(net::Method::kPost, "/mcp").route;
        boost::asio::io_context context;
        net::Response response;
        boost::asio::co_spawn(context, route->call(std::move(call)),
                              [&](std::exception_ptr, net::Response given) { response = std::move(given); });
        context.run();
        return response;
    }

    json::object result(std::string body, std::vector<Scope> scopes = {Scope::kRead, Scope::kIngest}) {
        json::value answer = json::parse(post(std::move(body), std::move(scopes)).body);
        EXPECT_TRUE(answer.as_object().contains("result")) << json::serialize(answer);
        return answer.as_object().contains("result") ? answer.at("result").as_object() : json::object();
    }

    int64_t error_of(std::string body) {
        json::value answer = json::parse(post(std::move(body)).body);
        return answer.as_object().contains("error") ? answer.at("error").at("code").as_int64() : 0;
    }

    Router router_;
    net::Headers headers_;
    Call asked_;
    net::Response answer_ = net::Response::json(200, R"({"items":[]})");
};

TEST_F(McpTest, AgreesOnAProtocol) {
    json::object known = result(
        R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{}}})");
    EXPECT_EQ(known["protocolVersion"], "2025-03-26");
    EXPECT_EQ(known["serverInfo"].at("version"), "1.2.3");
    json::object unknown =
        result(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"1999-01-01"}})");
    EXPECT_EQ(unknown["protocolVersion"], "2025-06-18");
    EXPECT_EQ(post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").status, 202);
    headers_.add("MCP-Protocol-Version", "1999-01-01");
    EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})").status, 400);
}

TEST_F(McpTest, ShowsOnlyToolsTheTokenMayUse) {
    std::string list = R"({"jsonrpc":"2.0","id":"a","method":"tools/list"})";
    EXPECT_EQ(result(list, {Scope::kRead, Scope::kIngest, Scope::kWrite})["tools"].as_array().size(),
              mcp_tools().size());
    EXPECT_EQ(result(list, {Scope::kIngest})["tools"].as_array().size(), 1u);
    json::value refused =
        json::parse(post(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_jobs"}})",
                         {Scope::kIngest})
                        .body);
    EXPECT_TRUE(refused.as_object().contains("error"));
}

TEST_F(McpTest, CallsTheRouteOfATool) {
    answer_ = net::Response::empty(204);
    json::object done = result(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"claim_work","arguments":{"id":"a@2026-11-22T07:00:00Z","done":true,"fence":7}}})");
    EXPECT_EQ(done["isError"], false);
    EXPECT_EQ(asked_.params, (std::vector<std::string>{"a@2026-11-22T07:00:00Z"}));
    EXPECT_EQ(json::parse(asked_.request.body), (json::object{{"done", true}, {"fence", 7}}));
    EXPECT_EQ(asked_.principal.name, "molt");

    answer_ = net::Response::json(200, R"({"items":[1]})");
    json::object listed = result(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_runs","arguments":{"job":"a b","limit":3}}})");
    EXPECT_EQ(asked_.request.query_value("job"), "a b");
    EXPECT_EQ(asked_.request.query_value("limit"), "3");
    EXPECT_EQ(listed["structuredContent"], (json::object{{"items", json::array{1}}}));
}

TEST_F(McpTest, TellsTheModelWhyItWasRefused) {
    answer_ = problem(Code::kConflict, "fence 6 is stale, 7 holds now");
    json::object refused = result(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"claim_work","arguments":{"id":"a@x","done":true}}})");
    EXPECT_EQ(refused["isError"], true);
    EXPECT_THAT(std::string(refused["content"].at(0).at("text").as_string()), HasSubstr("stale"));
}

TEST_F(McpTest, RefusesWhatItCannotRead) {
    EXPECT_EQ(error_of("{"), -32700);
    EXPECT_EQ(error_of("[]"), -32600);
    EXPECT_EQ(error_of(R"({"id":1,"method":"ping"})"), -32600);
    EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","id":1,"method":"resources/list"})"), -32601);
    EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nothing"}})"),
              -32602);
    EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"explain_run"}})"),
              -32602);
    EXPECT_EQ(
        error_of(
            R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_jobs","arguments":{"x":1}}})"),
        -32602);
}

}  // namespace
}  // namespace nightshift::api
