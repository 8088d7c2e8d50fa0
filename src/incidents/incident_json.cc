#include "incidents/incident_json.h"

#include <boost/json.hpp>

#include "base/json_members.h"

namespace nightshift::incidents {

namespace json = boost::json;

namespace {

// A typical incident's document; a larger one grows as any text does.
constexpr size_t kTypicalBytes = 8'192;

void time(JsonMembers& out, std::string_view name, const std::optional<Time>& time) {
    if (!time) {
        out.raw(name, "null");
    } else {
        out.integer(name, unix_ms(*time));
    }
}

// One of an enumeration's words, or null.
template <class Value>
void word(JsonMembers& out, std::string_view name, const std::optional<Value>& value) {
    if (!value) {
        out.raw(name, "null");
    } else {
        out.text(name, to_string(*value));
    }
}

void number(JsonMembers& out, std::string_view name, const std::optional<int>& value) {
    if (!value) {
        out.raw(name, "null");
    } else {
        out.integer(name, *value);
    }
}

// `append_one` writes one value at the end of the text.
template <class Values, class AppendOne>
void list(JsonMembers& out, std::string_view name, const Values& values, AppendOne append_one) {
    std::string& text = out.value(name);
    text += '[';
    bool is_first = true;
    for (const auto& each : values) {
        if (!is_first) text += ',';
        is_first = false;
        append_one(text, each);
    }
    text += ']';
}

template <class Texts>
void texts(JsonMembers& out, std::string_view name, const Texts& values) {
    list(out, name, values,
         [](std::string& text, const auto& each) { append_json_string(text, std::string_view(each)); });
}

void append(std::string& text, const Labels& labels) {
    JsonMembers out(text);
    for (const auto& [name, value] : labels.pairs()) {
        // A label's name is anybody's text.
        std::string escaped;
        append_json_string(escaped, name);
        out.text(std::string_view(escaped).substr(1, escaped.size() - 2), value);
    }
    out.close();
}

void append(std::string& text, const Check& check) {
    JsonMembers out(text);
    out.text("name", check.name).text("finding", to_string(check.finding)).text("says", check.says);
    texts(out, "evidence", check.evidence);
    out.close();
}

void append(std::string& text, const Cause& cause) {
    JsonMembers(text)
        .text("what", cause.what)
        .text("why", cause.why)
        .integer("confidence", cause.confidence)
        .text("evidence", cause.evidence)
        .close();
}

void append(std::string& text, const Stakes& stakes) {
    JsonMembers out(text);
    out.text("impact", stakes.impact).text("owner", stakes.owner).text("customers", stakes.customers);
    time(out, "deadline_ms", stakes.deadline);
    number(out, "redundancy", stakes.redundancy);
    out.boolean("is_verified_otherwise", stakes.is_verified_otherwise);
    word(out, "asked", stakes.asked);
    word(out, "raised", stakes.raised);
    out.text("raised_by", stakes.raised_by).close();
}

void append(std::string& text, const Member& member) {
    JsonMembers out(text);
    out.text("fingerprint", fmt::format("{:016x}", member.fingerprint));
    append(out.value("labels"), member.labels);
    out.text("summary", member.summary).boolean("is_firing", member.is_firing);
    out.integer("started_ms", unix_ms(member.started));
    time(out, "ended_ms", member.ended);
    out.close();
}

void append(std::string& text, const Part& part) {
    JsonMembers(text)
        .text("id", part.id)
        .text("title", part.title)
        .text("severity", to_string(part.severity))
        .boolean("is_over", part.is_over)
        .close();
}

void append(std::string& text, const Notification& notification) {
    JsonMembers out(text);
    out.text("channel", notification.channel).text("delivery", notification.delivery);
    out.text("what", notification.what).integer("step", notification.step);
    out.integer("revision", notification.revision).text("state", notification.state);
    out.text("provider_id", notification.provider_id).text("error", notification.error);
    out.text("told_state", to_string(notification.told_state));
    out.text("told_severity", to_string(notification.told_severity));
    out.integer("sent_ms", unix_ms(notification.sent));
    time(out, "settled_ms", notification.settled);
    out.close();
}

void append(std::string& text, const Entry& entry) {
    JsonMembers(text)
        .integer("time_ms", unix_ms(entry.time))
        .text("kind", entry.kind)
        .text("who", entry.who)
        .text("text", entry.text)
        .text("ref", entry.ref)
        .close();
}

enum class Extent { kBrief, kWhole };

void append(std::string& text, const Diagnosis& diagnosis, Extent extent) {
    JsonMembers out(text);
    out.text("conclusion", to_string(diagnosis.conclusion)).text("summary", diagnosis.summary);
    texts(out, "works", diagnosis.works);
    out.text("next_action", diagnosis.next_action).text("response_window", diagnosis.response_window);
    out.integer("time_ms", unix_ms(diagnosis.at)).boolean("is_complete", diagnosis.is_complete);
    out.boolean("is_burning", diagnosis.is_burning);
    number(out, "affected_percent", diagnosis.affected_percent);
    if (extent == Extent::kWhole) {
        auto append_one = [](std::string& inner, const auto& each) { append(inner, each); };
        list(out, "checks", diagnosis.checks, append_one);
        list(out, "causes", diagnosis.causes, append_one);
        out.integer("took_us", diagnosis.took.count()).integer("decision_us", diagnosis.decision.count());
    }
    out.close();
}

void add_times(JsonMembers& out, const Incident& incident) {
    out.integer("started_ms", unix_ms(incident.started)).integer("opened_ms", unix_ms(incident.opened));
    time(out, "diagnosed_ms", incident.diagnosed);
    time(out, "notified_ms", incident.notified);
    time(out, "acknowledged_ms", incident.acknowledged);
    time(out, "resolved_ms", incident.resolved);
    time(out, "stepped_ms", incident.stepped);
    time(out, "next_step_ms", incident.next_step);
}

void add_members(JsonMembers& out, const Incident& incident, Extent extent) {
    out.text("id", incident.id).text("tenant", incident.tenant).text("key", incident.key);
    out.text("rule", incident.rule).text("title", incident.title);
    JsonMembers(out.value("subject"))
        .text("kind", incident.subject.kind)
        .text("name", incident.subject.name)
        .close();
    append(out.value("labels"), incident.labels);
    out.text("state", to_string(incident.state)).text("severity", to_string(incident.severity));
    out.text("severity_why", incident.severity_why);
    append(out.value("stakes"), incident.stakes);
    if (incident.diagnosis) {
        append(out.value("diagnosis"), *incident.diagnosis, extent);
    } else {
        out.raw("diagnosis", "null");
    }
    out.integer("firing", incident.firing).integer("total", incident.total);
    out.boolean("is_flapping", incident.is_flapping).boolean("is_suppressed", incident.is_suppressed);
    out.text("suppressed_why", incident.suppressed_why).text("part_of", incident.part_of);
    out.text("part_of_why", incident.part_of_why).boolean("is_separate", incident.is_separate);
    out.text("told_by", incident.told_by);
    out.integer("parts_open", incident.parts_open).integer("parts_total", incident.parts_total);
    add_times(out, incident);
    out.text("acknowledged_by", incident.acknowledged_by).text("assignee", incident.assignee);
    out.text("resolved_why", incident.resolved_why);
    word(out, "judged", incident.judged);
    out.text("judged_by", incident.judged_by).integer("step", incident.step);
    out.integer("fallbacks", incident.fallbacks).integer("reminders", incident.reminders);
    out.integer("revision", incident.revision).integer("tokens", incident.tokens);
    out.raw("cost_usd", fmt::format("{}", static_cast<double>(incident.cost_nano_usd) / 1e9));
}

json::object object_of(std::string_view text) {
    return json::parse(text).as_object();
}

}  // namespace

std::string to_json(const Incident& incident) {
    std::string text;
    text.reserve(kTypicalBytes);
    JsonMembers out(text);
    add_members(out, incident, Extent::kWhole);
    auto append_one = [](std::string& inner, const auto& each) { append(inner, each); };
    list(out, "members", incident.members, append_one);
    list(out, "parts", incident.parts, append_one);
    list(out, "notifications", incident.notifications, append_one);
    list(out, "timeline", incident.timeline, append_one);
    out.close();
    return text;
}

std::string to_brief_json(const Incident& incident) {
    std::string text;
    text.reserve(kTypicalBytes / 4);
    JsonMembers out(text);
    add_members(out, incident, Extent::kBrief);
    out.close();
    text.shrink_to_fit();  // every screen's state keeps it
    return text;
}

std::string to_json(const Member& member) {
    std::string text;
    append(text, member);
    return text;
}

json::object show(const Incident& incident) {
    return object_of(to_json(incident));
}

json::object show_brief(const Incident& incident) {
    return object_of(to_brief_json(incident));
}

json::object show(const Diagnosis& diagnosis) {
    std::string text;
    append(text, diagnosis, Extent::kWhole);
    return object_of(text);
}

json::object show(const Labels& labels) {
    json::object out;
    for (const auto& [name, value] : labels.pairs()) out[name] = value;
    return out;
}

}  // namespace nightshift::incidents
