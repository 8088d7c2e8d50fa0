#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace nightshift::cli {

namespace json = boost::json;

int run_supervised(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/supervised");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"AGENT", "STATE", "SINCE", "PID", "RESTARTS", "WHY"});
    bool all_good = true;
    for (const json::value& each : answer->at("items").as_array()) {
        const json::object& agent = each.as_object();
        std::string state = text_at(agent, "state");
        all_good = all_good && state != "given_up" && state != "backing_off";
        int64_t pid = number_at(agent, "pid");
        std::string why = text_at(agent, "why");
        if (why.empty() && state == "running" && !agent.at("is_looked_at").as_bool())
            why = "its process exists; nobody looks whether it does anything";
        table.add({text_at(agent, "name"), state, age(number_at(agent, "since_ms"), now_ms()),
                   pid == 0 ? "-" : std::to_string(pid), std::to_string(number_at(agent, "restarts")), why});
    }
    std::fputs(table.text().c_str(), stdout);
    return all_good ? kOk : kBad;
}

int run_supervised_action(const Connection& connection, const std::string& agent, const std::string& action) {
    auto answer = post_json(
        connection, fmt::format("/api/v1/supervised/{}/{}", percent_encode(agent), action), json::object());
    if (!answer) return report(answer.error());
    std::printf("%s: asked to %s; nightshift supervised says how it goes\n", agent.c_str(), action.c_str());
    return kOk;
}

}  // namespace nightshift::cli
