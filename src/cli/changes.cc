#include <boost/json.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace nightshift::cli {

namespace json = boost::json;

int run_changes(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/changes");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::array& items = answer->at("items").as_array();
    if (items.empty())
        return std::puts("nothing was changed in the last 24 hours, as far as anybody said"), kOk;
    Table table({"WHEN", "WHAT", "WHO", "ABOUT"});
    for (const json::value& each : items) {
        const json::object& change = each.as_object();
        table.add({age(number_at(change, "time_ms"), now_ms()) + " ago", text_at(change, "what"),
                   text_at(change, "who"), text_at(change, "about")});
    }
    std::fputs(table.text().c_str(), stdout);
    return kOk;
}

int run_add_change(const Connection& connection, const std::string& what, const std::string& about,
                   bool json) {
    auto answer = post_json(connection, "/api/v1/changes", json::object{{"what", what}, {"about", about}});
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    std::puts("written down; a diagnosis of what begins in the next hour names it");
    return kOk;
}

}  // namespace nightshift::cli
