#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "cli/commands.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

struct Finding {
    std::string check;
    bool is_good = false;
    std::string detail;  // what was seen and, if bad, what to do
};

double number_at(const json::value& object, std::string_view name) {
    const json::value* found = object.is_object() ? object.as_object().if_contains(name) : nullptr;
    return found && found->is_number() ? found->to_number<double>() : 0;
}

Finding check_token(const Connection& connection) {
    if (connection.token.is_empty()) {
        return {"token", false,
                "NIGHTSHIFT_TOKEN is not set; the first token is in DIR/admin.token of the server"};
    }
    auto who = get_json(connection, "/api/v1/whoami");
    if (!who) return {"token", false, who.error().message};
    return {"token", true,
            fmt::format("{} of tenant {}", std::string_view(who->at("name").as_string()),
                        std::string_view(who->at("tenant").as_string()))};
}

void check_system(const json::value& system, std::vector<Finding>& findings) {
    double free_gb = number_at(system.at("disk"), "free_bytes") / 1e9;
    findings.push_back({"disk", free_gb > 1,
                        fmt::format("{:.1f} GB free{}", free_gb,
                                    free_gb > 1 ? "" : "; make room or lower recorder.retain_size")});

    const json::array& failing = system.at("failing").as_array();
    findings.push_back({"parts", failing.empty(), failing.empty() ? "none is failing" : ""});
    for (const json::value& each : failing) {
        findings.push_back(
            {std::string(each.at("part").as_string()), false, std::string(each.at("message").as_string())});
    }
    for (const json::value& source : system.at("sources").as_array()) {
        const json::value& state = source.at("state");
        bool passing = state.at("value").as_string() == "passing";
        findings.push_back({std::string(source.at("name").as_string()), passing,
                            fmt::format("{}: {}", std::string_view(state.at("value").as_string()),
                                        std::string_view(state.at("why").as_string()))});
    }
    double events = number_at(system.at("recorder"), "events_total");
    findings.push_back(
        {"events", true,
         fmt::format("{:.0f} recorded since start{}", events,
                     events > 0 ? "" : "; point an agent at the OTLP port, or try: nightshift demo")});
}

}  // namespace

int run_doctor(const Connection& connection, bool json) {
    std::vector<Finding> findings;
    auto alive = call(connection, net::Method::kGet, "/healthz");
    findings.push_back(
        {"server", alive.has_value(),
         alive ? connection.url + " answers" : alive.error().message + "; start it with: nightshift up"});
    if (alive) {
        auto ready = call(connection, net::Method::kGet, "/readyz");
        findings.push_back({"ready", ready.has_value(), ready ? "every part works" : ready.error().message});
        findings.push_back(check_token(connection));
        auto system = get_json(connection, "/api/v1/system");
        if (system) check_system(*system, findings);
    }
    bool all_good = true;
    json::array items;
    Table table({"", "CHECK", "FOUND"});
    for (const Finding& each : findings) {
        all_good &= each.is_good;
        items.push_back(json::object{{"check", each.check}, {"ok", each.is_good}, {"detail", each.detail}});
        table.add({each.is_good ? "ok" : "BAD", each.check, each.detail});
    }
    if (json) {
        std::puts(json::serialize(json::object{{"ok", all_good}, {"checks", items}}).c_str());
    } else {
        std::fputs(table.text().c_str(), stdout);
    }
    if (!alive) return kUnreachable;
    return all_good ? kOk : kBad;
}

}  // namespace nightshift::cli
