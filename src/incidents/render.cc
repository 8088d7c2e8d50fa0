#include "incidents/render.h"

#include <fmt/format.h>

#include "base/json_members.h"
#include "base/text.h"
#include "incidents/incident_json.h"
#include "incidents/limits.h"
#include "incidents/words.h"

namespace nightshift::incidents {

namespace {

// "CRITICAL", "RESOLVED": what a reader must see first.
std::string headword(const Incident& incident) {
    if (incident.state == State::kResolved) return "RESOLVED";
    std::string word(to_string(incident.severity));
    for (char& each : word) each = static_cast<char>(each >= 'a' && each <= 'z' ? each - 'a' + 'A' : each);
    return word;
}

std::string one_line(std::string_view text) {
    std::string line = cut(text, kSentenceBytesMax);
    for (char& each : line) {
        if (each == '\n' || each == '\r') each = ' ';
    }
    return line;
}

void add(std::string& text, std::string_view label, std::string_view value) {
    if (!value.empty()) text += fmt::format("{}{}\n", label, one_line(value));
}

std::string members(const Incident& incident) {
    std::vector<std::string> names;
    for (const Member& each : incident.members) {
        if (each.is_firing)
            names.push_back(one_line(each.summary.empty() ? each.labels.text() : each.summary));
    }
    if (incident.firing <= 1 && incident.total <= 1) return "";
    std::string out = fmt::format("{} of {} fire", incident.firing, count(incident.total, "alert"));
    return incident.firing == 0 ? out : out + ": " + list(names, kNamedMax, incident.firing);
}

std::string parts(const Incident& incident) {
    std::vector<std::string> names;
    for (const Part& each : incident.parts) {
        if (!each.is_over) names.push_back(one_line(each.title));
    }
    if (incident.parts_open > 0)
        return count(incident.parts_open, "more incident") + ": " +
               list(names, kNamedMax, incident.parts_open);
    return incident.parts_total == 0 ? "" : count(incident.parts_total, "more incident") + ", all over";
}

std::string standing(const Incident& incident, Time now) {
    std::string out = fmt::format("{} ({})", words(incident.started), ago(incident.started, now));
    if (incident.state == State::kAcknowledged) out += fmt::format("; {} has it", incident.acknowledged_by);
    if (incident.state == State::kOpen)
        out +=
            incident.assignee.empty() ? "; nobody has it" : fmt::format("; waits for {}", incident.assignee);
    if (incident.is_flapping) out += "; flapping";
    return out;
}

void add_diagnosis(std::string& text, const Incident& incident) {
    if (!incident.diagnosis) {
        text += "Not diagnosed yet: take it for unknown.\n";
        return;
    }
    const Diagnosis& diagnosis = *incident.diagnosis;
    add(text, fmt::format("{}: ", to_string(diagnosis.conclusion)), diagnosis.summary);
    add(text, "Still works: ", list(diagnosis.works, kNamedMax, diagnosis.works.size()));
    bool is_over = incident.state == State::kResolved;
    if (!is_over) add(text, fmt::format("Do ({}): ", diagnosis.response_window), diagnosis.next_action);
    if (diagnosis.causes.empty()) return;
    const Cause& cause = diagnosis.causes.front();
    add(text, "Likely cause: ", fmt::format("{}, {} ({} %)", cause.what, cause.why, cause.confidence));
}

std::string payload_of(const Incident& incident, const Links& links) {
    std::string text;
    JsonMembers out(text);
    out.text("type", "nightshift.incident").integer("version", 1).text("link", links.incident);
    out.raw("incident", to_brief_json(incident));
    std::string& list = out.value("members");
    list += '[';
    for (size_t i = 0; i < incident.members.size() && i < kNamedMax; ++i) {
        if (i > 0) list += ',';
        list += to_json(incident.members[i]);
    }
    list += ']';
    out.value("causes") += '[';
    for (size_t i = 0; incident.diagnosis && i < incident.diagnosis->causes.size(); ++i) {
        const Cause& each = incident.diagnosis->causes[i];
        if (i > 0) text += ',';
        JsonMembers(text)
            .text("what", each.what)
            .text("why", each.why)
            .integer("confidence", each.confidence)
            .close();
    }
    text += ']';
    out.close();
    return text;
}

}  // namespace

Rendered render(const Incident& incident, const Links& links, Time now) {
    Rendered rendered;
    rendered.subject = fmt::format("[{}] {}", headword(incident), one_line(incident.title));
    std::string text = fmt::format("{} · {}\n", headword(incident), one_line(incident.title));
    if (incident.state == State::kResolved) add(text, "Resolved: ", incident.resolved_why);
    add_diagnosis(text, incident);
    add(text, "", members(incident));
    add(text, "Same cause: ", parts(incident));
    add(text, "Since ", standing(incident, now));
    add(text, "Severity: ", incident.severity_why);
    // The links must survive a cut.
    std::string links_text = links.incident.empty() ? "" : links.incident + "\n";
    bool can_acknowledge = incident.state == State::kOpen && !links.acknowledge.empty();
    if (can_acknowledge) links_text += "Take it: " + links.acknowledge + "\n";
    size_t room = kMessageBytesMax - std::min(links_text.size() + 1, kMessageBytesMax);
    if (text.size() > room) text = cut(text, room) + "\n";
    rendered.text = cut(text + links_text, kMessageBytesMax);
    rendered.payload = payload_of(incident, links);
    return rendered;
}

std::string render_reply(const Incident& incident, std::string_view says, Time now) {
    std::string title = one_line(incident.title);
    if (says == "acknowledged") return fmt::format("{} has it: {}", incident.acknowledged_by, title);
    if (says == "handed_over")
        return fmt::format("Handed over to {}, who has not taken it yet: {}", incident.assignee, title);
    if (says == "severity")
        return fmt::format("Now {}: {}\n{}", to_string(incident.severity), title,
                           one_line(incident.severity_why));
    if (says == "resolved")
        return fmt::format("Resolved after {}: {}\n{}", span(now - incident.started), title,
                           one_line(incident.resolved_why));
    if (says == "reopened") return fmt::format("It fires again: {}", title);
    if (says == "escalated" && incident.state == State::kAcknowledged)
        return fmt::format("Still firing after {}, and {} has it: {}", span(now - incident.started),
                           incident.acknowledged_by, title);
    if (says == "escalated")
        return fmt::format("Nobody has taken it for {}: {}", span(now - incident.opened), title);
    return fmt::format("{}: {}", headword(incident), title);
}

}  // namespace nightshift::incidents
