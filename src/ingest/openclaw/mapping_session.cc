// Rows of sessions, approvals, and what the gateway says about itself.
#include <boost/json.hpp>

#include "ingest/openclaw/json.h"
#include "ingest/openclaw/mapping.h"
#include "ingest/openclaw/session_key.h"

namespace nightshift::ingest::openclaw {

using recorder::Event;
using recorder::EventBatch;
using recorder::Kind;
using recorder::Status;

namespace json = boost::json;

void Mapper::session_changed(const json::object& payload, EventBatch& out) {
    std::string_view key = text(payload, "sessionKey");
    const json::object& nested = child(payload, "session");
    const json::object& row = nested.empty() ? payload : nested;
    if (key.empty()) key = text(row, "key");
    if (key.empty()) return;
    // The old era gives up on a run here.
    if (text(payload, "phase") == "error") {
        std::string_view run_id = text(payload, "runId");
        Run* run = runs_.find(run_id);
        if (run != nullptr && !run->pending_error.empty()) settle_error(run_id, run->pending_ms, out);
    }
    if (text(payload, "reason") == "delete") {
        std::string session = canonical(key, text(row, "sessionId"));
        return session_state(session, text(row, "agentId"), "session.deleted", Status::kOk,
                             number(payload, "ts"), text(row, "sessionId"), out);
    }
    session_row(row, key, number(payload, "ts"), out);
}

void Mapper::session_row(const json::object& row, std::string_view key, int64_t ts_ms, EventBatch& out) {
    std::string_view session_id = text(row, "sessionId");
    if (key.empty()) key = text(row, "key");
    if (key.empty()) return;
    SessionKey parts = parse_session_key(key);
    std::string session = canonical(key, session_id);
    Session& known = sessions_.at(session);
    std::string_view parent = text(row, "spawnedBy");
    if (parent.empty()) parent = text(row, "parentSessionKey");
    if (!parent.empty() && parent != key) known.parent = parent;

    std::string_view status = text(row, "status");
    bool is_one_shot = parts.kind == "cron" || parts.kind == "subagent";
    std::string_view rest = is_one_shot ? "session.ended" : "session.idle";
    int64_t ended = number(row, "endedAt", ts_ms);
    std::string_view agent = text(row, "agentId");
    if (status == "running" || status == "queued" || flag(row, "hasActiveRun"))
        return session_state(session, agent, "session.working", Status::kRunning,
                             number(row, "startedAt", ts_ms), session_id, out);
    if (status == "done") return session_state(session, agent, rest, Status::kOk, ended, session_id, out);
    if (status == "failed")
        return session_state(session, agent, rest, Status::kError, ended, session_id, out);
    if (status == "killed")
        return session_state(session, agent, rest, Status::kCancelled, ended, session_id, out);
    if (status == "timeout")
        return session_state(session, agent, rest, Status::kTimeout, ended, session_id, out);
}

void Mapper::session_state(std::string_view session, std::string_view agent, std::string_view state,
                           Status status, int64_t ts_ms, std::string_view session_id, EventBatch& out) {
    Session& known = sessions_.at(session);
    std::string now = fmt::format("{}/{}", state, to_string(status));
    // Rows are sent again and again; only a change is a fact.
    if (known.state == now) return;
    known.state = now;
    Event event = fact(Kind::kSession, session, agent, ts_ms);
    std::string id = event_id("session", fmt::format("{}/{}/{}", session, now, ts_ms));
    event.id = id;
    event.name = state;
    event.status = status;
    ObjectWriter attributes;
    attributes.add("session_id", session_id);
    std::string written = attributes.take();
    event.attributes = written;
    emit(event, out);
}

void Mapper::approval(std::string_view name, const json::object& payload, Time now, EventBatch& out) {
    const json::object& request = has(payload, "request") ? child(payload, "request") : payload;
    std::string_view approval_id = text(payload, "id");
    if (approval_id.empty()) approval_id = text(payload, "approvalId");
    if (approval_id.empty()) approval_id = text(payload, "requestId");
    if (approval_id.empty()) return;
    std::string_view key = text(payload, "sessionKey");
    if (key.empty()) key = text(request, "sessionKey");
    std::string session = key.empty() ? std::string() : canonical(key, text(request, "sessionId"));
    std::string_view state = text(payload, "status");
    std::string_view decision = text(payload, "decision");
    bool is_open = name.ends_with(".requested") || state == "pending";
    Event event = fact(Kind::kApproval, session, text(request, "agentId"), unix_ms(now));
    std::string id =
        event_id("approval", fmt::format("{}/{}", approval_id, is_open ? "requested" : "resolved"));
    event.id = id;
    event.name = name;
    event.status = is_open ? Status::kRunning : Status::kOk;
    if (!is_open && (decision == "deny" || decision == "denied" || state == "denied" || state == "expired"))
        event.status = Status::kCancelled;
    ObjectWriter attributes;
    attributes.add("approval_id", approval_id);
    attributes.add("decision", decision);
    std::string written = attributes.take();
    event.attributes = written;
    emit(event, out);
}

// A gateway may skip a heartbeat each second for many minutes: they are counted and told once a minute.
void Mapper::heartbeat(const json::object& payload, Time now, EventBatch& out) {
    constexpr int64_t kTellEveryMs = 60'000;
    std::string_view status = text(payload, "status");
    std::string_view reason = text(payload, "reason");
    Heartbeat& known = heartbeats_.at(fmt::format("{}/{}", status, reason));
    known.count++;
    if (known.told_ms != 0 && unix_ms(now) - known.told_ms < kTellEveryMs) return;
    known.told_ms = unix_ms(now);
    Event event = fact(Kind::kSample, {}, text(payload, "agentId"), unix_ms(now));
    std::string id = event_id("heartbeat", fmt::format("{}/{}/{}", status, reason, known.told_ms));
    event.id = id;
    event.name = "openclaw.heartbeats";
    event.value = static_cast<double>(known.count);
    event.status = status == "failed" ? Status::kError : Status::kOk;
    known.count = 0;
    ObjectWriter attributes;
    attributes.add("status", status);
    attributes.add("reason", reason);
    std::string written = attributes.take();
    event.attributes = written;
    emit(event, out);
}

void Mapper::health(const json::object& payload, Time now, EventBatch& out) {
    if (std::string_view agent = text(payload, "defaultAgentId"); !agent.empty()) default_agent_ = agent;
    const json::object& loop = child(payload, "eventLoop");
    if (!has(loop, "delayP99Ms")) return;
    Event event;
    event.kind = Kind::kSample;
    event.tenant = options_.tenant;
    event.source = source_;
    event.time_us = unix_us(now);
    std::string id = event_id("health", std::to_string(unix_ms(now)));
    event.id = id;
    event.name = "openclaw.event_loop_delay_p99_ms";
    event.value = real(loop, "delayP99Ms");
    event.status = flag(loop, "degraded") ? Status::kError : Status::kOk;
    emit(event, out);
}

}  // namespace nightshift::ingest::openclaw
