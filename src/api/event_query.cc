#include "api/event_query.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "base/text.h"

namespace nightshift::api {
namespace {

constexpr int64_t kTimeMsMax = INT64_MAX / 1000;

Result<recorder::Scope> parse_scope(int64_t from_ms, int64_t to_ms, std::string_view tenant) {
    if (from_ms < 0 || from_ms > kTimeMsMax || to_ms < 0 || to_ms > kTimeMsMax) {
        return fail(Code::kInvalid, "from_ms and to_ms are Unix milliseconds");
    }
    if (to_ms < from_ms) return fail(Code::kInvalid, "to_ms ({}) is before from_ms ({})", to_ms, from_ms);
    return recorder::Scope{std::string(tenant), from_ms * 1000, to_ms * 1000};
}

// `where and column = "value"`, so that the short parameters are the filter language's and nothing else.
void add_condition(std::string& where, std::string_view column, std::string_view value) {
    where = where.empty() ? "" : "(" + where + ") and ";
    where += column;
    where += " = ";
    append_json_string(where, value);
}

}  // namespace

Result<recorder::EventQuery> parse_event_query(const net::Request& request, std::string_view tenant) {
    recorder::EventQuery query;
    NS_TRY(int64_t from_ms, integer_parameter(request, "from_ms", 0, 0, kTimeMsMax));
    NS_TRY(int64_t to_ms, integer_parameter(request, "to_ms", kTimeMsMax, 0, kTimeMsMax));
    NS_TRY(query.scope, parse_scope(from_ms, to_ms, tenant));
    NS_TRY(int64_t limit, integer_parameter(request, "limit", 100, 1, 10'000));
    query.limit = static_cast<uint32_t>(limit);
    query.where = request.query_value("where").value_or("");
    for (std::string_view column : {"agent", "session", "kind", "status"}) {
        if (auto value = request.query_value(column); value && !value->empty())
            add_condition(query.where, column, *value);
    }
    query.text = request.query_value("q").value_or("");
    query.cursor = request.query_value("cursor").value_or("");
    std::string order = request.query_value("order").value_or("desc");
    if (order != "asc" && order != "desc") return fail(Code::kInvalid, "order is asc or desc, not {}", order);
    query.newest_first = order == "desc";
    return query;
}

Result<recorder::Query> parse_query(const std::string& body, std::string_view tenant) {
    NS_TRY(boost::json::object object, parse_body(body));
    static constexpr std::string_view kMembers[] = {"from_ms",  "to_ms",      "where",    "q",
                                                    "group_by", "aggregates", "order_by", "limit"};
    for (const auto& member : object) {
        if (std::find(std::begin(kMembers), std::end(kMembers), member.key()) == std::end(kMembers)) {
            return fail(Code::kInvalid, "a query has no member {}", std::string_view(member.key()));
        }
    }
    recorder::Query query;
    NS_TRY(int64_t from_ms, integer_member(object, "from_ms", 0));
    NS_TRY(int64_t to_ms, integer_member(object, "to_ms", kTimeMsMax));
    NS_TRY(query.scope, parse_scope(from_ms, to_ms, tenant));
    NS_TRY(query.where, string_member(object, "where"));
    NS_TRY(query.text, string_member(object, "q"));
    NS_TRY(query.group_by, strings_member(object, "group_by"));
    NS_TRY(query.aggregates, strings_member(object, "aggregates"));
    if (query.aggregates.empty()) query.aggregates = {"count"};
    NS_TRY(query.order_by, string_member(object, "order_by"));
    NS_TRY(int64_t limit, integer_member(object, "limit", 1000));
    if (limit < 1 || limit > 100'000) return fail(Code::kInvalid, "limit must be from 1 to 100000");
    query.limit = static_cast<uint32_t>(limit);
    return query;
}

}  // namespace nightshift::api
