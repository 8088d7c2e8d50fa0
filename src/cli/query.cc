#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

Result<int64_t> duration_ms(std::string_view text) {
    for (auto [suffix, factor] :
         {std::pair{'s', 1000ll}, {'m', 60'000ll}, {'h', 3'600'000ll}, {'d', 86'400'000ll}}) {
        if (text.empty() || text.back() != suffix) continue;
        if (auto number = parse_uint(text.substr(0, text.size() - 1)); number && *number < 1'000'000) {
            return static_cast<int64_t>(*number) * factor;
        }
    }
    return fail(Code::kInvalid, "--since takes a duration such as 90s, 15m, 12h or 7d, not {}", text);
}

std::string cell(const json::value& value) {
    if (value.is_string()) return std::string(value.as_string());
    if (value.is_null()) return "-";
    if (value.is_double()) return fmt::format("{:.6g}", value.as_double());
    return json::serialize(value);
}

}  // namespace

int run_query(const Connection& connection, const QueryOptions& options, bool json) {
    Result<int64_t> since = duration_ms(options.since);
    if (!since) return report(since.error());
    json::object body{{"from_ms", now_ms() - *since},
                      {"to_ms", now_ms() + 1000},
                      {"where", options.where},
                      {"q", options.text},
                      {"group_by", json::array(options.group_by.begin(), options.group_by.end())},
                      {"aggregates", json::array(options.aggregates.begin(), options.aggregates.end())},
                      {"order_by", options.order_by},
                      {"limit", options.limit}};
    auto answer = post_json(connection, "/api/v1/query", body);
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    std::vector<std::string> header;
    for (const json::value& column : answer->at("columns").as_array()) header.push_back(cell(column));
    Table table(header);
    for (const json::value& row : answer->at("rows").as_array()) {
        std::vector<std::string> cells;
        for (const json::value& value : row.as_array()) cells.push_back(cell(value));
        table.add(std::move(cells));
    }
    std::fputs(table.text().c_str(), stdout);
    return kOk;
}

}  // namespace nightshift::cli
