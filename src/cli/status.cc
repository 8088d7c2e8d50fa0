#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

std::string counts(const json::object& by_state) {
    std::string text;
    for (const auto& member : by_state) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{} {}", member.value().to_number<int64_t>(), std::string_view(member.key()));
    }
    return text.empty() ? "none" : text;
}

void print(const json::object& fleet, const json::object& system) {
    const json::object& totals = fleet.at("totals").as_object();
    std::printf("agents    %s\n", counts(totals.at("agents").as_object()).c_str());
    std::printf("sessions  %s\n", counts(totals.at("sessions").as_object()).c_str());
    std::printf("now       %s tokens/min, %s/h; today %s\n",
                short_count(totals.at("tokens_per_minute").to_number<double>()).c_str(),
                dollars(totals.at("usd_per_hour").to_number<double>()).c_str(),
                dollars(totals.at("cost_today_usd").to_number<double>()).c_str());
    std::printf("up        %s, version %s\n",
                age(system.at("started_at_ms").to_number<int64_t>(), now_ms()).c_str(),
                system.at("version").as_string().c_str());
    const json::array& attention = fleet.at("attention").as_array();
    if (attention.empty()) {
        std::printf("attention nothing needs a person\n");
        return;
    }
    Table table({"SEVERITY", "WHAT", "SINCE", "TITLE"});
    for (const json::value& each : attention) {
        const json::object& item = each.as_object();
        table.add({std::string(item.at("severity").as_string()), std::string(item.at("kind").as_string()),
                   age(item.at("since_ms").to_number<int64_t>(), now_ms()),
                   std::string(item.at("title").as_string())});
    }
    std::printf("\n%s", table.text().c_str());
}

}  // namespace

int run_status(const Connection& connection, bool json) {
    auto fleet = get_json(connection, "/api/v1/fleet");
    if (!fleet) return report(fleet.error());
    auto system = get_json(connection, "/api/v1/system");
    if (!system) return report(system.error());
    if (json) {
        std::puts(json::serialize(json::object{{"fleet", *fleet}, {"system", *system}}).c_str());
    } else {
        print(fleet->as_object(), system->as_object());
    }
    bool is_critical = false;
    for (const json::value& each : fleet->at("attention").as_array()) {
        is_critical |= each.at("severity").as_string() == "critical";
    }
    return is_critical || !system->at("failing").as_array().empty() ? kBad : kOk;
}

}  // namespace nightshift::cli
