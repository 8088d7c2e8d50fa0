#include <boost/json.hpp>

#include "incidents/document.h"
#include "incidents/incident_json.h"

namespace nightshift::incidents {

namespace json = boost::json;

namespace {

constexpr size_t kSmallBytes = 1'024;

void read(Document& in, Check& check) {
    in.read("name", check.name);
    in.read_word("finding", check.finding, parse_finding);
    in.read("says", check.says);
    in.read("evidence", check.evidence);
}

void read(Document& in, Cause& cause) {
    in.read("what", cause.what);
    in.read("why", cause.why);
    in.read("confidence", cause.confidence);
    in.read("evidence", cause.evidence);
}

void read(Document& in, Diagnosis& diagnosis) {
    in.read_word("conclusion", diagnosis.conclusion, parse_conclusion);
    in.read("summary", diagnosis.summary);
    in.list("checks", diagnosis.checks, [](Document& inner, Check& each) { read(inner, each); });
    in.list("causes", diagnosis.causes, [](Document& inner, Cause& each) { read(inner, each); });
    in.read("works", diagnosis.works);
    in.read("next_action", diagnosis.next_action);
    in.read("response_window", diagnosis.response_window);
    in.read("time_ms", diagnosis.at);
    in.read("took_us", diagnosis.took);
    in.read("decision_us", diagnosis.decision);
    in.read("is_complete", diagnosis.is_complete);
    in.read("is_burning", diagnosis.is_burning);
    int affected = -1;
    in.read("affected_percent", affected);
    if (affected >= 0) diagnosis.affected_percent = affected;
}

void read(Document& in, Stakes& stakes) {
    in.read("impact", stakes.impact);
    in.read("owner", stakes.owner);
    in.read("customers", stakes.customers);
    in.read("deadline_ms", stakes.deadline);
    int redundancy = -1;
    in.read("redundancy", redundancy);
    if (redundancy >= 0) stakes.redundancy = redundancy;
    in.read("is_verified_otherwise", stakes.is_verified_otherwise);
    in.read_word("asked", stakes.asked, parse_severity);
    in.read_word("raised", stakes.raised, parse_severity);
    in.read("raised_by", stakes.raised_by);
}

void read(Document& in, Member& member) {
    in.read_hex("fingerprint", member.fingerprint);
    in.read("labels", member.labels);
    in.read("summary", member.summary);
    in.read("is_firing", member.is_firing);
    in.read("started_ms", member.started);
    in.read("ended_ms", member.ended);
}

void read(Document& in, Part& part) {
    in.read("id", part.id);
    in.read("title", part.title);
    in.read_word("severity", part.severity, parse_severity);
    in.read("is_over", part.is_over);
}

void read(Document& in, Notification& notification) {
    in.read("channel", notification.channel);
    in.read("delivery", notification.delivery);
    in.read("what", notification.what);
    in.read("step", notification.step);
    in.read("revision", notification.revision);
    in.read("state", notification.state);
    in.read("provider_id", notification.provider_id);
    in.read("error", notification.error);
    in.read_word("told_state", notification.told_state, parse_state);
    in.read_word("told_severity", notification.told_severity, parse_severity);
    in.read("sent_ms", notification.sent);
    in.read("settled_ms", notification.settled);
}

void read(Document& in, Entry& entry) {
    in.read("time_ms", entry.time);
    in.read("kind", entry.kind);
    in.read("who", entry.who);
    in.read("text", entry.text);
    in.read("ref", entry.ref);
}

void read_times(Document& in, Incident& incident) {
    in.read("started_ms", incident.started);
    in.read("opened_ms", incident.opened);
    in.read("diagnosed_ms", incident.diagnosed);
    in.read("notified_ms", incident.notified);
    in.read("acknowledged_ms", incident.acknowledged);
    in.read("resolved_ms", incident.resolved);
    in.read("stepped_ms", incident.stepped);
    in.read("next_step_ms", incident.next_step);
}

void read(Document& in, Incident& incident) {
    in.read("id", incident.id);
    in.read("tenant", incident.tenant);
    in.read("key", incident.key);
    in.read("rule", incident.rule);
    in.read("title", incident.title);
    in.object("subject", [&](Document& inner) {
        inner.read("kind", incident.subject.kind);
        inner.read("name", incident.subject.name);
    });
    in.read("labels", incident.labels);
    in.read_word("state", incident.state, parse_state);
    in.read_word("severity", incident.severity, parse_severity);
    in.read("severity_why", incident.severity_why);
    in.object("stakes", [&](Document& inner) { read(inner, incident.stakes); });
    in.object("diagnosis", [&](Document& inner) { read(inner, incident.diagnosis.emplace()); });
    in.list("members", incident.members, [](Document& inner, Member& each) { read(inner, each); });
    in.read("firing", incident.firing);
    in.read("total", incident.total);
    in.read("is_flapping", incident.is_flapping);
    in.read("is_suppressed", incident.is_suppressed);
    in.read("suppressed_why", incident.suppressed_why);
    in.read("part_of", incident.part_of);
    in.read("part_of_why", incident.part_of_why);
    in.read("is_separate", incident.is_separate);
    in.read("told_by", incident.told_by);
    in.list("parts", incident.parts, [](Document& inner, Part& each) { read(inner, each); });
    in.read("parts_open", incident.parts_open);
    in.read("parts_total", incident.parts_total);
    read_times(in, incident);
    in.read("acknowledged_by", incident.acknowledged_by);
    in.read("assignee", incident.assignee);
    in.read("resolved_why", incident.resolved_why);
    in.read_word("judged", incident.judged, parse_conclusion);
    in.read("judged_by", incident.judged_by);
    in.read("step", incident.step);
    in.read("fallbacks", incident.fallbacks);
    in.read("reminders", incident.reminders);
    in.read("revision", incident.revision);
    in.read("tokens", incident.tokens);
    in.read_usd("cost_usd", incident.cost_nano_usd);
    in.list("notifications", incident.notifications,
            [](Document& inner, Notification& each) { read(inner, each); });
    in.list("timeline", incident.timeline, [](Document& inner, Entry& each) { read(inner, each); });
}

template <class Value>
Result<Value> parse_as(std::string_view document) {
    boost::system::error_code parse_error;
    json::monotonic_resource memory(document.size() * 2 + kSmallBytes);
    json::value parsed = json::parse(document, parse_error, &memory);
    if (parse_error || !parsed.is_object()) return fail(Code::kCorrupt, "is no JSON object");
    std::optional<Error> error;
    Document in(parsed.get_object(), "", error);
    Value value;
    read(in, value);
    if (error) return Failure(*error);
    return value;
}

}  // namespace

Result<Incident> parse_incident(std::string_view document) {
    return parse_as<Incident>(document);
}

Result<Diagnosis> parse_diagnosis(std::string_view document) {
    return parse_as<Diagnosis>(document);
}

}  // namespace nightshift::incidents
