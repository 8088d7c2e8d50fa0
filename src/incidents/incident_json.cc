#include "incidents/incident_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace nightshift::incidents {

namespace json = boost::json;

namespace {

json::value milliseconds_of(const std::optional<Time>& time) {
    if (!time) return nullptr;
    return unix_ms(*time);
}

template <class Value>
json::value word_of(const std::optional<Value>& value) {
    if (!value) return nullptr;
    return json::value(to_string(*value));
}

json::array texts(const std::vector<std::string>& values) {
    json::array out;
    for (const std::string& each : values) out.emplace_back(each);
    return out;
}

json::object show(const Check& check) {
    return {{"name", check.name},
            {"finding", to_string(check.finding)},
            {"says", check.says},
            {"evidence", texts(check.evidence)}};
}

json::object show(const Cause& cause) {
    return {{"what", cause.what},
            {"why", cause.why},
            {"confidence", cause.confidence},
            {"evidence", cause.evidence}};
}

json::object brief(const Diagnosis& diagnosis) {
    return {{"conclusion", to_string(diagnosis.conclusion)},
            {"summary", diagnosis.summary},
            {"works", texts(diagnosis.works)},
            {"next_action", diagnosis.next_action},
            {"response_window", diagnosis.response_window},
            {"time_ms", unix_ms(diagnosis.at)},
            {"is_complete", diagnosis.is_complete},
            {"is_burning", diagnosis.is_burning},
            {"affected_percent",
             diagnosis.affected_percent ? json::value(*diagnosis.affected_percent) : nullptr}};
}

json::object show(const Subject& subject) {
    return {{"kind", subject.kind}, {"name", subject.name}};
}

template <class Value>
json::array shown(const std::vector<Value>& values) {
    json::array out;
    out.reserve(values.size());
    for (const Value& each : values) out.push_back(show(each));
    return out;
}

}  // namespace

json::object show(const Labels& labels) {
    json::object out;
    for (const auto& [name, value] : labels.pairs()) out[name] = value;
    return out;
}

json::object show(const Diagnosis& diagnosis) {
    json::object out = brief(diagnosis);
    out["checks"] = shown(diagnosis.checks);
    out["causes"] = shown(diagnosis.causes);
    out["took_us"] = diagnosis.took.count();
    out["decision_us"] = diagnosis.decision.count();
    return out;
}

json::object show(const Stakes& stakes) {
    return {{"impact", stakes.impact},
            {"owner", stakes.owner},
            {"customers", stakes.customers},
            {"deadline_ms", milliseconds_of(stakes.deadline)},
            {"redundancy", stakes.redundancy ? json::value(*stakes.redundancy) : nullptr},
            {"is_verified_otherwise", stakes.is_verified_otherwise},
            {"asked", word_of(stakes.asked)},
            {"raised", word_of(stakes.raised)},
            {"raised_by", stakes.raised_by}};
}

json::object show(const Member& member) {
    return {{"fingerprint", fmt::format("{:016x}", member.fingerprint)},
            {"labels", show(member.labels)},
            {"summary", member.summary},
            {"is_firing", member.is_firing},
            {"started_ms", unix_ms(member.started)},
            {"ended_ms", milliseconds_of(member.ended)}};
}

json::object show(const Part& part) {
    return {{"id", part.id},
            {"title", part.title},
            {"severity", to_string(part.severity)},
            {"is_over", part.is_over}};
}

json::object show(const Notification& notification) {
    return {{"channel", notification.channel},
            {"delivery", notification.delivery},
            {"what", notification.what},
            {"step", notification.step},
            {"revision", notification.revision},
            {"state", notification.state},
            {"provider_id", notification.provider_id},
            {"error", notification.error},
            {"told_state", to_string(notification.told_state)},
            {"told_severity", to_string(notification.told_severity)},
            {"sent_ms", unix_ms(notification.sent)},
            {"settled_ms", milliseconds_of(notification.settled)}};
}

json::object show(const Entry& entry) {
    return {{"time_ms", unix_ms(entry.time)},
            {"kind", entry.kind},
            {"who", entry.who},
            {"text", entry.text},
            {"ref", entry.ref}};
}

json::object show_brief(const Incident& incident) {
    return {{"id", incident.id},
            {"tenant", incident.tenant},
            {"key", incident.key},
            {"rule", incident.rule},
            {"title", incident.title},
            {"subject", show(incident.subject)},
            {"labels", show(incident.labels)},
            {"state", to_string(incident.state)},
            {"severity", to_string(incident.severity)},
            {"severity_why", incident.severity_why},
            {"stakes", show(incident.stakes)},
            {"diagnosis", incident.diagnosis ? json::value(brief(*incident.diagnosis)) : nullptr},
            {"firing", incident.firing},
            {"total", incident.total},
            {"is_flapping", incident.is_flapping},
            {"is_suppressed", incident.is_suppressed},
            {"suppressed_why", incident.suppressed_why},
            {"part_of", incident.part_of},
            {"part_of_why", incident.part_of_why},
            {"is_separate", incident.is_separate},
            {"told_by", incident.told_by},
            {"parts_open", incident.parts_open},
            {"parts_total", incident.parts_total},
            {"started_ms", unix_ms(incident.started)},
            {"opened_ms", unix_ms(incident.opened)},
            {"diagnosed_ms", milliseconds_of(incident.diagnosed)},
            {"notified_ms", milliseconds_of(incident.notified)},
            {"acknowledged_ms", milliseconds_of(incident.acknowledged)},
            {"acknowledged_by", incident.acknowledged_by},
            {"assignee", incident.assignee},
            {"resolved_ms", milliseconds_of(incident.resolved)},
            {"resolved_why", incident.resolved_why},
            {"judged", word_of(incident.judged)},
            {"judged_by", incident.judged_by},
            {"step", incident.step},
            {"stepped_ms", milliseconds_of(incident.stepped)},
            {"next_step_ms", milliseconds_of(incident.next_step)},
            {"fallbacks", incident.fallbacks},
            {"reminders", incident.reminders},
            {"revision", incident.revision},
            {"tokens", incident.tokens},
            {"cost_usd", static_cast<double>(incident.cost_nano_usd) / 1e9}};
}

json::object show(const Incident& incident) {
    json::object out = show_brief(incident);
    if (incident.diagnosis) out["diagnosis"] = show(*incident.diagnosis);
    out["members"] = shown(incident.members);
    out["parts"] = shown(incident.parts);
    out["notifications"] = shown(incident.notifications);
    out["timeline"] = shown(incident.timeline);
    return out;
}

std::string to_json(const Incident& incident) {
    return json::serialize(show(incident));
}

}  // namespace nightshift::incidents
