#include "incidents/alertmanager.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "incidents/incident_json.h"
#include "incidents/limits.h"
#include "incidents/words.h"

namespace nightshift::incidents {

namespace json = boost::json;

namespace {

// Go's zero time: it has not ended.
constexpr std::string_view kNotEnded = "0001-01-01T00:00:00Z";

std::string_view status_of(bool is_firing) {
    return is_firing ? "firing" : "resolved";
}

Labels common_labels(const Incident& incident) {
    Labels labels = incident.labels;
    if (!labels.has("alertname"))
        labels.set("alertname", incident.rule.empty() ? incident.title : incident.rule);
    labels.set("severity", to_string(incident.severity));
    return labels;
}

json::object annotations_of(const Incident& incident) {
    json::object out{{"summary", incident.title}, {"incident", incident.id}};
    out["severity_why"] = incident.severity_why.view();
    if (!incident.diagnosis) return out;
    out["conclusion"] = to_string(incident.diagnosis->conclusion);
    out["description"] = incident.diagnosis->summary.view();
    out["next_action"] = incident.diagnosis->next_action.view();
    out["response_window"] = incident.diagnosis->response_window.view();
    return out;
}

json::object alert_of(const Incident& incident, const Member& member, const AlertmanagerReceiver& to) {
    bool is_firing = member.is_firing && incident.state != State::kResolved;
    std::optional<Time> ended = member.ended ? member.ended : incident.resolved;
    return {{"status", status_of(is_firing)},
            {"labels", show(common_labels(incident).with(member.labels))},
            {"annotations", json::object{{"summary", member.summary}}},
            {"startsAt", words(member.started)},
            {"endsAt", is_firing || !ended ? std::string(kNotEnded) : words(*ended)},
            {"generatorURL", to.incident_url},
            {"fingerprint", fmt::format("{:016x}", member.fingerprint)}};
}

}  // namespace

std::string alertmanager_payload(const Incident& incident, const AlertmanagerReceiver& to) {
    Labels common = common_labels(incident);
    json::array alerts;
    for (const Member& each : incident.members) {
        if (alerts.size() == kAlertsSentMax) break;
        alerts.push_back(alert_of(incident, each, to));
    }
    uint64_t all = std::max<uint64_t>(incident.total, incident.members.size());
    json::object out{{"version", "4"},
                     {"groupKey", incident.key},
                     {"truncatedAlerts", all - alerts.size()},
                     {"status", status_of(incident.state != State::kResolved)},
                     {"receiver", to.receiver},
                     {"groupLabels", show(common.only({"alertname"}))},
                     {"commonLabels", show(common)},
                     {"commonAnnotations", annotations_of(incident)},
                     {"externalURL", to.external_url},
                     {"alerts", std::move(alerts)}};
    return json::serialize(out);
}

}  // namespace nightshift::incidents
