#include "api/mcp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <memory>

#include "api/json.h"
#include "api/mcp_tools.h"
#include "api/problem.h"
#include "base/assert.h"
#include "base/text.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;

// The newest first: what we answer a client that asks for one we do not know.
constexpr std::array<std::string_view, 3> kProtocols{"2025-06-18", "2025-03-26", "2024-11-05"};

// JSON-RPC 2.0 §5.1.
enum RpcCode {
    kParseError = -32700,
    kInvalidRequest = -32600,
    kMethodNotFound = -32601,
    kInvalidParams = -32602
};

struct BoundTool {
    McpTool tool;
    json::object schema;  // of its arguments
    Access access;
    CallFn call;

    bool may_call(const auth::Principal& principal) const {
        return !access.scope || principal.scopes.allows(*access.scope);
    }
};

struct Mcp {
    std::string version;
    std::vector<BoundTool> tools;
};

net::Response rpc_error(const json::value& id, int code, std::string message) {
    return json_answer(
        200, json::object{{"jsonrpc", "2.0"},
                          {"id", id},
                          {"error", json::object{{"code", code}, {"message", std::move(message)}}}});
}

net::Response rpc_result(const json::value& id, json::object result) {
    return json_answer(200, json::object{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
}

json::object member(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found != nullptr && found->is_object() ? found->get_object() : json::object();
}

std::string text(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

json::object initialize(const Mcp& mcp, const json::object& params) {
    std::string asked = text(params, "protocolVersion");
    bool is_known = std::find(kProtocols.begin(), kProtocols.end(), asked) != kProtocols.end();
    return {{"protocolVersion", is_known ? asked : std::string(kProtocols[0])},
            {"capabilities", json::object{{"tools", json::object{{"listChanged", false}}}}},
            {"serverInfo",
             json::object{{"name", "nightshift"}, {"title", "Nightshift"}, {"version", mcp.version}}},
            {"instructions",
             "Nightshift schedules work and proves that it was done. Claim what you did with claim_work, and "
             "ask with "
             "explain_run why a verdict is what it is."}};
}

json::object list_tools(const Mcp& mcp, const auth::Principal& principal) {
    json::array tools;
    for (const BoundTool& each : mcp.tools) {
        if (!each.may_call(principal)) continue;
        tools.push_back(json::object{{"name", each.tool.name},
                                     {"description", each.tool.description},
                                     {"inputSchema", each.schema},
                                     {"annotations", json::object{{"readOnlyHint", !each.tool.changes}}}});
    }
    return {{"tools", std::move(tools)}};
}

std::string plain(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

// The request that a tool's arguments mean; kInvalid names the argument that is missing or unknown.
Result<Call> call_of(const BoundTool& bound, json::object arguments, const Call& mcp_call) {
    const McpTool& tool = bound.tool;
    json::object known = member(bound.schema, "properties");
    for (const auto& [name, value] : arguments) {
        if (!known.contains(name))
            return fail(Code::kInvalid, "{} takes no argument {}", tool.name, std::string_view(name));
    }
    if (const json::value* required = bound.schema.if_contains("required")) {
        for (const json::value& each : required->as_array()) {
            if (!arguments.contains(each.as_string()))
                return fail(Code::kInvalid, "{} needs the argument {}", tool.name,
                            std::string_view(each.as_string()));
        }
    }
    Call call;
    call.principal = mcp_call.principal;
    call.request.method = tool.method;
    call.request.peer = mcp_call.request.peer;
    call.request.peer_is_loopback = mcp_call.request.peer_is_loopback;
    for (std::string_view segment : split(tool.pattern, '/')) {
        if (!segment.starts_with('{')) continue;
        std::string_view name = segment.substr(1, segment.size() - 2);
        call.params.push_back(plain(arguments.at(name)));
        arguments.erase(name);
    }
    if (tool.method == net::Method::kPost) {
        call.request.body = json::serialize(arguments);
        return call;
    }
    for (const auto& [name, value] : arguments) {
        call.request.query += call.request.query.empty() ? "" : "&";
        call.request.query += fmt::format("{}={}", std::string_view(name), percent_encode(plain(value)));
    }
    return call;
}

// What a tool answers is its result, also when it refuses: the model reads it and may do better.
json::object tool_result(const net::Response& response) {
    bool is_error = response.status >= 400;
    const std::string& body = response.shared_body ? *response.shared_body : response.body;
    boost::system::error_code error;
    json::value parsed = json::parse(body, error);
    bool is_object = !error && parsed.is_object();
    std::string said = body.empty() ? std::string("done") : body;
    if (is_error && is_object && parsed.get_object().contains("detail"))
        said = text(parsed.get_object(), "detail");
    json::object result{{"content", json::array{json::object{{"type", "text"}, {"text", said}}}},
                        {"isError", is_error}};
    if (!is_error && is_object) result["structuredContent"] = std::move(parsed);
    return result;
}

Task<net::Response> call_tool(std::shared_ptr<const Mcp> mcp, json::value id, json::object params,
                              Call call) {
    std::string name = text(params, "name");
    auto tool = std::find_if(mcp->tools.begin(), mcp->tools.end(),
                             [&](const BoundTool& each) { return each.tool.name == name; });
    if (tool == mcp->tools.end() || !tool->may_call(call.principal))
        co_return rpc_error(id, kInvalidParams, fmt::format("there is no tool {} for this token", name));
    Result<Call> wanted = call_of(*tool, member(params, "arguments"), call);
    if (!wanted) co_return rpc_error(id, kInvalidParams, wanted.error().message);
    net::Response response = co_await tool->call(std::move(*wanted));
    co_return rpc_result(id, tool_result(response));
}

Task<net::Response> answer(std::shared_ptr<const Mcp> mcp, Call call) {
    std::string protocol(call.request.headers.get("MCP-Protocol-Version"));
    if (!protocol.empty() && std::find(kProtocols.begin(), kProtocols.end(), protocol) == kProtocols.end())
        co_return problem(Code::kInvalid, fmt::format("MCP-Protocol-Version {} is not known here; {} is",
                                                      protocol, kProtocols[0]));
    boost::system::error_code error;
    json::value parsed = json::parse(call.request.body, error);
    if (error) co_return rpc_error(nullptr, kParseError, "the body is not JSON");
    if (!parsed.is_object() || text(parsed.get_object(), "jsonrpc") != "2.0")
        co_return rpc_error(nullptr, kInvalidRequest, "the body must be one JSON-RPC 2.0 message");
    const json::object& message = parsed.get_object();
    std::string method = text(message, "method");
    const json::value* id = message.if_contains("id");
    // A notification, or an answer to a question that we never ask.
    if (id == nullptr || method.empty()) co_return net::Response::empty(202);
    json::object params = member(message, "params");
    if (method == "initialize") co_return rpc_result(*id, initialize(*mcp, params));
    if (method == "ping") co_return rpc_result(*id, {});
    if (method == "tools/list") co_return rpc_result(*id, list_tools(*mcp, call.principal));
    if (method == "tools/call") co_return co_await call_tool(mcp, *id, std::move(params), std::move(call));
    co_return rpc_error(*id, kMethodNotFound, fmt::format("there is no method {}", method));
}

}  // namespace

void add_mcp_routes(Router& router, std::string version) {
    auto mcp = std::make_shared<Mcp>();
    mcp->version = std::move(version);
    for (const McpTool& tool : mcp_tools()) {
        auto route = std::find_if(router.routes().begin(), router.routes().end(), [&](const Route& each) {
            return each.method == tool.method && each.pattern == tool.pattern;
        });
        NS_ASSERT(route != router.routes().end());
        mcp->tools.push_back({tool, json::parse(tool.input_schema).as_object(), route->access, route->call});
    }
    router.add({net::Method::kPost, "/mcp", Access::any_token(),
                [mcp = std::shared_ptr<const Mcp>(mcp)](Call call) { return answer(mcp, std::move(call)); }});
}

}  // namespace nightshift::api
