#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace nightshift::api {

// A tool for agents: a route by another name. Arguments that the pattern names go into the path, the others
// into the query of a GET and the body of a POST.
struct McpTool {
    std::string_view name;
    std::string_view description;
    net::Method method = net::Method::kGet;
    std::string_view pattern;
    std::string_view input_schema;  // JSON Schema of the arguments
    bool changes = false;           // more than it reads
};

const std::vector<McpTool>& mcp_tools();

}  // namespace nightshift::api
