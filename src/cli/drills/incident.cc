#include "cli/drills/incident.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/json.h"

namespace nightshift::cli::drills {

namespace json = boost::json;
using std::chrono::milliseconds;

std::string watch_config(const WatchConfig& wanted) {
    std::string out = "channels:\n";
    for (const auto& [name, channel] : wanted.channels)
        out += fmt::format("  - {{name: {}, kind: webhook, url: \"{}\", options: {{receipt_path: id}}}}\n",
                           name, channel->url("/hook"));
    out += fmt::format("incidents:\n  notify: [{}]\n{}", fmt::join(wanted.notify, ", "), wanted.more);
    out += "alerts:\n  wait: {critical: 0s, warning: 1s, info: 5s}\n  interval: 1s\n  evaluate_every: 1s\n";
    if (!wanted.rules.empty()) out += "  rules:\n" + wanted.rules;
    return out;
}

bool is_diagnosed(const json::object& incident) {
    return number_at(incident, "diagnosed_ms") > 0;
}

bool is_resolved(const json::object& incident) {
    return text_at(incident, "state") == "resolved";
}

Result<json::object> wait_for_incident(const Sandbox& sandbox, std::string_view rule, IsReady is_ready,
                                       std::chrono::seconds limit) {
    Result<json::object> found = fail(Code::kTimeout, "no incident of {} within {} s", rule, limit.count());
    bool is_there = wait_until(limit, [&] {
        Result<json::value> answer = sandbox.get(fmt::format("/api/v1/incidents?rule={}", rule));
        if (!answer) return false;
        const json::array& items = answer->at("items").as_array();
        if (items.empty()) return false;
        found = items.front().as_object();
        return is_ready(*found);
    });
    if (is_there || !found) return found;
    return fail(Code::kTimeout, "after {} s the incident of {} is {} and {}", limit.count(), rule,
                text_at(*found, "state"), is_diagnosed(*found) ? "diagnosed" : "not diagnosed");
}

Result<json::object> whole_incident(const Sandbox& sandbox, const json::object& incident) {
    NS_TRY(json::value answer, sandbox.get("/api/v1/incidents/" + percent_encode(text_at(incident, "id"))));
    return answer.as_object();
}

std::string diagnosis_text(const json::object& incident, std::string_view name) {
    const json::value* diagnosis = incident.if_contains("diagnosis");
    if (diagnosis == nullptr || !diagnosis->is_object()) return "no diagnosis";
    return text_at(diagnosis->as_object(), name);
}

void take_times(Report& report, const json::object& incident, int64_t disaster_ms,
                const std::vector<Message>& messages) {
    int64_t opened = number_at(incident, "opened_ms");
    int64_t diagnosed = number_at(incident, "diagnosed_ms");
    report.found = milliseconds(number_at(incident, "started_ms") - disaster_ms);
    if (diagnosed > 0) report.diagnosed = milliseconds(diagnosed - opened);
    if (!messages.empty()) report.told = milliseconds(messages.front().at_ms - disaster_ms);
}

Result<json::object> wait_for_verdict(const Sandbox& sandbox, std::string_view job,
                                      std::chrono::seconds limit) {
    Result<json::object> found = fail(Code::kTimeout, "no verdict of {} within {} s", job, limit.count());
    wait_until(limit, [&] {
        Result<json::value> answer =
            sandbox.get(fmt::format("/api/v1/occurrences?job={}&until_ms={}", job, now_ms() + 60'000));
        if (!answer) return false;
        const json::array& items = answer->at("items").as_array();
        if (items.empty() || text_at(items.front().as_object(), "verdict").empty()) return false;
        found = items.front().as_object();
        return true;
    });
    return found;
}

Result<void> post_alert(const Sandbox& sandbox, std::string_view name, std::string_view severity) {
    json::object labels{{"alertname", name}, {"severity", severity}};
    json::object annotations{{"summary", fmt::format("drill: {}", name)}};
    json::array alerts{json::object{{"labels", std::move(labels)}, {"annotations", std::move(annotations)}}};
    NS_TRY(net::ClientResponse answer,
           sandbox.send(net::Method::kPost, "/api/v2/alerts", json::serialize(alerts)));
    if (answer.status != 200) return fail(Code::kUnavailable, "{}: {:.200}", answer.status, answer.body);
    return {};
}

void check_equal(Report& report, std::string what, std::string expected, std::string seen) {
    bool is_good = expected == seen;
    report.check(is_good, std::move(what), std::move(expected), std::move(seen));
}

}  // namespace nightshift::cli::drills
