#include "fleet/json.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json_members.h"
#include "base/text.h"

namespace nightshift::fleet {

namespace {

void append_fact(std::string& out, std::string_view value, const auto& fact) {
    JsonMembers members(out);
    members.text("value", value)
        .milliseconds("since_ms", std::max<int64_t>(fact.since_us, 0))
        .milliseconds("as_of_ms", std::max<int64_t>(fact.as_of_us, 0))
        .text("source", fact.source)
        .text("why", fact.why)
        .close();
}

void append_tool(JsonMembers& members, const Fact& tool) {
    std::string& out = members.value("tool");
    if (tool.value.empty()) {
        out += "null";
    } else {
        append_fact(out, tool.value, tool);
    }
}

std::string_view cost_source(const Usage& usage) {
    if (usage.has_reported_cost && usage.has_priced_cost) return "mixed";
    if (usage.has_reported_cost) return "reported";
    return usage.has_priced_cost ? "priced" : "none";
}

void append_usage(JsonMembers& members, const Usage& usage) {
    JsonMembers(members.value("tokens"))
        .integer("input", usage.input_tokens)
        .integer("output", usage.output_tokens)
        .integer("cache_read", usage.cache_read_tokens)
        .integer("cache_write", usage.cache_write_tokens)
        .integer("reasoning", usage.reasoning_tokens)
        .close();
    members.usd("cost_usd", usage.cost_nano_usd)
        .text("cost_source", cost_source(usage))
        .integer("model_calls", usage.model_calls)
        .integer("tool_calls", usage.tool_calls)
        .integer("errors", usage.errors);
}

void append_detection(std::string& out, const Detection& detection) {
    JsonMembers members(out);
    members.text("id", detection.id)
        .text("kind", to_string(detection.kind))
        .milliseconds("since_ms", detection.since_us)
        .milliseconds("last_ms", detection.last_us)
        .integer("count", detection.count)
        .text("signature", detection.signature)
        .integer("tokens", detection.tokens)
        .usd("cost_usd", detection.cost_nano_usd)
        .text("explanation", detection.explanation)
        .text("response", to_string(detection.response));
    if (detection.acted) {
        JsonMembers(members.value("acted"))
            .text("action", detection.acted->action)
            .milliseconds("at_ms", detection.acted->at_us)
            .text("outcome", detection.acted->outcome)
            .close();
    } else {
        members.raw("acted", "null");
    }
    members.close();
}

void append_state_counts(std::string& out, const std::array<uint32_t, kStateCount>& counts) {
    JsonMembers members(out);
    for (size_t i = 0; i < kStateCount; ++i) {
        if (counts[i] > 0) members.integer(to_string(static_cast<AgentState>(i)), counts[i]);
    }
    members.close();
}

}  // namespace

void append_session(std::string& out, const Session& session, int64_t now_us) {
    JsonMembers members(out);
    members.text("id", session.id)
        .text("agent", session.agent)
        .text("tenant", session.tenant)
        .text("source", session.source)
        .boolean("simulated", session.simulated);
    if (session.parent.empty()) {
        members.raw("parent", "null");
    } else {
        members.text("parent", session.parent);
    }
    std::string& children = members.value("children");
    children += '[';
    for (size_t i = 0; i < session.children.size(); ++i) {
        if (i > 0) children += ',';
        append_json_string(children, session.children[i]);
    }
    children += ']';
    append_fact(members.value("state"), to_string(session.state.value), session.state);
    append_tool(members, session.tool);
    members.text_if("model", session.model)
        .text_if("turn", session.activity.turn())
        .integer("turns", session.activity.turns())
        .number("tokens_per_minute", session.tokens_minute.sum(now_us));
    append_usage(members, session.usage);
    members.milliseconds("started_ms", session.started_us).milliseconds("last_event_ms", session.last_us);
    if (session.activity.is_ended()) {
        members.milliseconds("ended_ms", session.activity.ended_us());
    } else {
        members.raw("ended_ms", "null");
    }
    std::string& detections = members.value("detections");
    detections += '[';
    for (size_t i = 0; i < session.watch.detections().size(); ++i) {
        if (i > 0) detections += ',';
        append_detection(detections, session.watch.detections()[i]);
    }
    detections += ']';
    members.close();
}

void append_agent(std::string& out, const Agent& agent, const std::optional<Rhythm::Judgement>& rhythm,
                  int64_t now_us) {
    JsonMembers members(out);
    members.text("id", agent.id)
        .text("name", agent.id)
        .text("tenant", agent.tenant)
        .text("source", agent.source)
        .boolean("simulated", agent.simulated)
        .text_if("host", agent.host);
    append_fact(members.value("state"), to_string(agent.state.value), agent.state);
    members.text_if("model", agent.model)
        .integer("sessions", agent.sessions.size())
        .integer("sessions_working", agent.sessions_working);
    append_tool(members, agent.tool);
    members.number("tokens_per_minute", agent.tokens_minute.sum(now_us))
        .number("usd_per_hour", agent.usd_six_minutes.sum(now_us) * 10 / 1e9);
    append_usage(members, agent.usage);
    members.milliseconds("last_event_ms", agent.last_us);
    if (rhythm) {
        JsonMembers(members.value("rhythm"))
            .milliseconds("silent_ms", std::max<int64_t>(now_us - agent.last_us, 0))
            .milliseconds("usual_gap_ms", rhythm->usual_gap_us)
            .milliseconds("late_after_ms", rhythm->late_after_us)
            .close();
    } else {
        members.raw("rhythm", "null");
    }
    members.close();
}

void append_attention(std::string& out, const Attention& attention) {
    JsonMembers members(out);
    members.text("id", attention.id)
        .text("severity", to_string(attention.severity))
        .text("kind", attention.kind)
        .text_if("agent", attention.agent)
        .text_if("session", attention.session)
        .text("title", attention.title)
        .milliseconds("since_ms", attention.since_us);
    if (attention.detection) {
        append_detection(members.value("detection"), *attention.detection);
    } else {
        members.raw("detection", "null");
    }
    members.raw("actions", attention.can_abort ? R"(["abort","dismiss"])" : R"(["dismiss"])");
    members.close();
}

void append_totals(std::string& out, const Totals& totals) {
    JsonMembers members(out);
    append_state_counts(members.value("agents"), totals.agents);
    append_state_counts(members.value("sessions"), totals.sessions);
    members.number("tokens_per_minute", totals.tokens_per_minute)
        .number("usd_per_hour", totals.usd_per_hour)
        .usd("cost_today_usd", totals.cost_today_nano_usd)
        .number("errors_per_minute", totals.errors_per_minute)
        .close();
}

}  // namespace nightshift::fleet
