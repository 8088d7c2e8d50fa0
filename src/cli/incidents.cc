#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

const json::object* object_at(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found != nullptr && found->is_object() ? &found->as_object() : nullptr;
}

const json::array& array_at(const json::object& object, std::string_view name) {
    static const json::array kNone;
    const json::value* found = object.if_contains(name);
    return found != nullptr && found->is_array() ? found->as_array() : kNone;
}

std::string conclusion_of(const json::object& incident) {
    const json::object* diagnosis = object_at(incident, "diagnosis");
    return diagnosis == nullptr ? "not yet" : text_at(*diagnosis, "conclusion");
}

int rank(std::string_view severity) {
    return severity == "critical" ? 0 : severity == "warning" ? 1 : 2;
}

void print_diagnosis(const json::object& diagnosis) {
    std::printf("%s: %s\n", text_at(diagnosis, "conclusion").c_str(), text_at(diagnosis, "summary").c_str());
    Table checks({"CHECK", "FINDING", "WHAT IT SAYS"});
    for (const json::value& each : array_at(diagnosis, "checks")) {
        const json::object& check = each.as_object();
        if (text_at(check, "finding") == "nothing") continue;
        checks.add({text_at(check, "name"), text_at(check, "finding"), text_at(check, "says")});
    }
    std::fputs(checks.text().c_str(), stdout);
    for (const json::value& each : array_at(diagnosis, "causes")) {
        const json::object& cause = each.as_object();
        std::printf("cause (%lld %%): %s: %s\n", static_cast<long long>(number_at(cause, "confidence")),
                    text_at(cause, "what").c_str(), text_at(cause, "why").c_str());
    }
    for (const json::value& each : array_at(diagnosis, "works"))
        std::printf("works: %s\n", each.as_string().c_str());
    std::printf("next: %s (response window: %s)\n", text_at(diagnosis, "next_action").c_str(),
                text_at(diagnosis, "response_window").c_str());
}

void print_incident(const json::object& incident) {
    std::printf("%s  %s, %s\n%s\n", text_at(incident, "id").c_str(), text_at(incident, "severity").c_str(),
                text_at(incident, "state").c_str(), text_at(incident, "title").c_str());
    std::printf("why this severity: %s\n", text_at(incident, "severity_why").c_str());
    if (std::string lead = text_at(incident, "part_of"); !lead.empty())
        std::printf("told with %s: %s\n", lead.c_str(), text_at(incident, "part_of_why").c_str());
    for (const json::value& each : array_at(incident, "parts"))
        std::printf("same cause: %s (%s)\n", text_at(each.as_object(), "title").c_str(),
                    text_at(each.as_object(), "id").c_str());
    if (const json::object* diagnosis = object_at(incident, "diagnosis")) print_diagnosis(*diagnosis);
    Table told({"TOLD", "CHANNEL", "STATE", "PROVIDER'S ID", "ERROR"});
    for (const json::value& each : array_at(incident, "notifications")) {
        const json::object& one = each.as_object();
        told.add({text_at(one, "what"), text_at(one, "channel"), text_at(one, "state"),
                  text_at(one, "provider_id"), text_at(one, "error")});
    }
    if (!array_at(incident, "notifications").empty()) std::fputs(told.text().c_str(), stdout);
    Table timeline({"WHEN", "WHAT", "WHO", "TEXT"});
    for (const json::value& each : array_at(incident, "timeline")) {
        const json::object& entry = each.as_object();
        timeline.add({age(number_at(entry, "time_ms"), now_ms()) + " ago", text_at(entry, "kind"),
                      text_at(entry, "who"), text_at(entry, "text")});
    }
    std::fputs(timeline.text().c_str(), stdout);
    for (const json::value& each : array_at(incident, "runbooks")) {
        const json::object& runbook = each.as_object();
        std::printf("runbook %s: %s (%s)\n", text_at(runbook, "name").c_str(),
                    text_at(runbook, "decision").c_str(), text_at(runbook, "why").c_str());
    }
}

std::string path_of(const std::string& id, std::string_view rest = "") {
    return fmt::format("/api/v1/incidents/{}{}", percent_encode(id), rest);
}

}  // namespace

int run_incidents(const Connection& connection, const std::string& state, bool json) {
    auto answer = get_json(connection, "/api/v1/incidents?parts=false&state=" + percent_encode(state));
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    json::array items = answer->at("items").as_array();
    auto key = [](const json::value& each) {
        const json::object& incident = each.as_object();
        return std::pair(rank(text_at(incident, "severity")), -number_at(incident, "opened_ms"));
    };
    std::sort(items.begin(), items.end(),
              [&](const json::value& a, const json::value& b) { return key(a) < key(b); });
    if (items.empty()) return std::printf("no incident is %s\n", state.c_str()), kOk;
    Table table({"INCIDENT", "SEVERITY", "STATE", "SINCE", "DIAGNOSIS", "WHO HAS IT", "TITLE"});
    bool all_resolved = true;
    for (const json::value& each : items) {
        const json::object& incident = each.as_object();
        std::string now = text_at(incident, "state");
        all_resolved = all_resolved && now == "resolved";
        table.add({text_at(incident, "id"), text_at(incident, "severity"), now,
                   age(number_at(incident, "opened_ms"), now_ms()), conclusion_of(incident),
                   text_at(incident, "acknowledged_by"), text_at(incident, "title")});
    }
    std::fputs(table.text().c_str(), stdout);
    return all_resolved ? kOk : kBad;
}

int run_incident(const Connection& connection, const std::string& id, bool json) {
    auto answer = get_json(connection, path_of(id));
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    print_incident(answer->as_object());
    return text_at(answer->as_object(), "state") == "resolved" ? kOk : kBad;
}

int run_incident_action(const Connection& connection, const std::string& action, const IncidentAction& wanted,
                        bool json) {
    json::object body;
    if (!wanted.to.empty()) body["to"] = wanted.to;
    if (!wanted.text.empty()) body[action == "note" ? "text" : "why"] = wanted.text;
    if (!wanted.judged.empty()) body["judged"] = wanted.judged;
    if (!wanted.severity.empty()) body["severity"] = wanted.severity;
    auto answer = post_json(connection, path_of(wanted.id, "/" + action), body);
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::object& incident = answer->as_object();
    std::printf("%s is %s; %s\n", wanted.id.c_str(), text_at(incident, "state").c_str(),
                text_at(incident, "severity").c_str());
    if (const json::object* diagnosis = object_at(incident, "diagnosis"); diagnosis && action == "diagnose")
        print_diagnosis(*diagnosis);
    return kOk;
}

int run_postmortem(const Connection& connection, const std::string& id) {
    auto answer = call(connection, net::Method::kGet, path_of(id, "/postmortem"));
    if (!answer) return report(answer.error());
    std::fputs(answer->body.c_str(), stdout);
    return kOk;
}

int run_incident_statistics(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/incidents/statistics");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::object& seen = answer->as_object();
    std::printf("%lld incidents in 30 days\n", static_cast<long long>(number_at(seen, "incidents")));
    Table times({"TIME TO", "P50", "P95"});
    for (const char* what : {"detect", "diagnose", "acknowledge", "resolve"}) {
        const json::object* each = object_at(seen, what);
        if (each == nullptr) continue;
        times.add({what, fmt::format("{} ms", number_at(*each, "p50_ms")),
                   fmt::format("{} ms", number_at(*each, "p95_ms"))});
    }
    std::fputs(times.text().c_str(), stdout);
    Table rules({"RULE", "INCIDENTS", "FALSE ALARMS", ""});
    for (const json::value& each : array_at(seen, "rules")) {
        const json::object& rule = each.as_object();
        const json::value* wrong = rule.if_contains("is_often_wrong");
        bool is_often_wrong = wrong != nullptr && wrong->is_bool() && wrong->as_bool();
        rules.add({text_at(rule, "rule"), std::to_string(number_at(rule, "incidents")),
                   std::to_string(number_at(rule, "false_alarms")), is_often_wrong ? "often wrong" : ""});
    }
    std::fputs(rules.text().c_str(), stdout);
    return kOk;
}

int run_runbook(const Connection& connection, const std::string& incident, const std::string& runbook,
                bool is_dry_run, bool is_approved, bool json) {
    auto answer = post_json(connection, path_of(incident, "/runbooks/" + percent_encode(runbook)),
                            json::object{{"dry_run", is_dry_run}, {"approve", is_approved}});
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    std::printf("%s: %s\n", text_at(answer->as_object(), "state").c_str(),
                text_at(answer->as_object(), "says").c_str());
    return kOk;
}

int run_diagnose(const Connection& connection, const std::string& subject, bool json) {
    auto answer = post_json(connection, "/api/v1/diagnose", json::object{{"subject", subject}});
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::object* diagnosis = object_at(answer->as_object(), "diagnosis");
    if (diagnosis == nullptr) return report(Error{Code::kInternal, "the answer has no diagnosis"});
    print_diagnosis(*diagnosis);
    std::string conclusion = text_at(*diagnosis, "conclusion");
    return conclusion == "false_alarm" || conclusion == "enhancement" ? kOk : kBad;
}

}  // namespace nightshift::cli
