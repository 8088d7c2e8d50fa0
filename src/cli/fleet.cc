#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

std::string list_path(std::string_view resource, const FleetOptions& options) {
    std::string path = fmt::format("/api/v1/{}?limit={}", resource, options.limit);
    std::string states;
    for (const std::string& state : options.states) states += (states.empty() ? "" : ",") + state;
    if (!states.empty()) path += "&state=" + percent_encode(states);
    if (!options.agent.empty()) path += "&agent=" + percent_encode(options.agent);
    if (!options.search.empty()) path += "&q=" + percent_encode(options.search);
    return path;
}

std::string text_at(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found && found->is_string() ? std::string(found->as_string()) : "-";
}

double number_at(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found && found->is_number() ? found->to_number<double>() : 0;
}

std::string fact_value(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found && found->is_object() ? text_at(found->as_object(), "value") : "-";
}

// State, since when and by which source: no state stands alone.
std::vector<std::string> state_cells(const json::object& object) {
    const json::object& fact = object.at("state").as_object();
    return {text_at(fact, "value"), age(fact.at("since_ms").to_number<int64_t>(), now_ms()),
            text_at(fact, "source")};
}

std::string name_of(const json::object& object, std::string_view member) {
    const json::value* simulated = object.if_contains("simulated");
    bool is_simulated = simulated && simulated->is_bool() && simulated->as_bool();
    return text_at(object, member) + (is_simulated ? " (simulated)" : "");
}

void print_rest(const json::object& page, size_t shown) {
    auto total = static_cast<size_t>(number_at(page, "total"));
    if (total > shown) std::printf("%zu of %zu; --limit shows more\n", shown, total);
}

}  // namespace

int run_agents(const Connection& connection, const FleetOptions& options, bool json) {
    auto answer = get_json(connection, list_path("agents", options));
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"AGENT", "STATE", "SINCE", "BY", "SESSIONS", "TOOL", "TOKENS/MIN", "COST", "ERRORS"});
    const json::array& items = answer->at("items").as_array();
    for (const json::value& each : items) {
        const json::object& agent = each.as_object();
        std::vector<std::string> row{name_of(agent, "id")};
        for (std::string& cell : state_cells(agent)) row.push_back(std::move(cell));
        row.push_back(fmt::format("{:.0f}", number_at(agent, "sessions")));
        row.push_back(fact_value(agent, "tool"));
        row.push_back(short_count(number_at(agent, "tokens_per_minute")));
        row.push_back(dollars(number_at(agent, "cost_usd")));
        row.push_back(fmt::format("{:.0f}", number_at(agent, "errors")));
        table.add(std::move(row));
    }
    std::fputs(table.text().c_str(), stdout);
    print_rest(answer->as_object(), items.size());
    return kOk;
}

int run_sessions(const Connection& connection, const FleetOptions& options, bool json) {
    auto answer = get_json(connection, list_path("sessions", options));
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"SESSION", "AGENT", "STATE", "SINCE", "BY", "TURNS", "CALLS", "TOOLS", "COST", "LAST"});
    const json::array& items = answer->at("items").as_array();
    for (const json::value& each : items) {
        const json::object& session = each.as_object();
        std::vector<std::string> row{text_at(session, "id"), name_of(session, "agent")};
        for (std::string& cell : state_cells(session)) row.push_back(std::move(cell));
        for (std::string_view column : {"turns", "model_calls", "tool_calls"}) {
            row.push_back(fmt::format("{:.0f}", number_at(session, column)));
        }
        row.push_back(dollars(number_at(session, "cost_usd")));
        row.push_back(age(static_cast<int64_t>(number_at(session, "last_event_ms")), now_ms()));
        table.add(std::move(row));
    }
    std::fputs(table.text().c_str(), stdout);
    print_rest(answer->as_object(), items.size());
    return kOk;
}

}  // namespace nightshift::cli
