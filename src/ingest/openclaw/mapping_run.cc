// Runs of agents: the gateway's `agent` and `chat` events -> turns and retries.
#include <boost/json.hpp>

#include "ingest/openclaw/error_class.h"
#include "ingest/openclaw/json.h"
#include "ingest/openclaw/mapping.h"
#include "ingest/openclaw/session_key.h"

namespace nightshift::ingest::openclaw {

using recorder::Event;
using recorder::EventBatch;
using recorder::Kind;
using recorder::Status;

namespace json = boost::json;

namespace {

// In the old era the runs of isolated cron jobs come with the bare key cron:<job>, and their run id is the
// session id.
std::string run_session(const Mapper& mapper, const json::object& payload) {
    std::string_view key = text(payload, "sessionKey");
    std::string_view session_id = text(payload, "sessionId");
    SessionKey parts = parse_session_key(key);
    bool is_old_cron = parts.kind == "cron" && parts.session_id.empty() && session_id.empty();
    return mapper.canonical(key, is_old_cron ? text(payload, "runId") : session_id);
}

}  // namespace

void Mapper::agent_event(const json::object& payload, EventBatch& out) {
    std::string_view stream = text(payload, "stream");
    const json::object& data = child(payload, "data");
    if (stream == "lifecycle") return lifecycle(payload, data, out);
    if (stream == "run_status") return run_status(payload, data, out);
    if (stream != "assistant") return;
    Run* run = runs_.find(text(payload, "runId"));
    if (run == nullptr) return;
    int64_t ts = number(payload, "ts");
    if (run->first_delta_ms == 0) run->first_delta_ms = ts;
    run->last_delta_ms = ts;
}

void Mapper::lifecycle(const json::object& payload, const json::object& data, EventBatch& out) {
    std::string_view phase = text(data, "phase");
    std::string_view run_id = text(payload, "runId");
    std::string session = run_session(*this, payload);
    std::string_view agent = text(payload, "agentId");
    int64_t ts = number(payload, "ts");
    if (std::string_view parent = text(payload, "spawnedBy"); !parent.empty())
        sessions_.at(session).parent = parent;

    if (phase == "start") {
        Run& run = runs_.at(run_id);
        // A failure that was announced and is followed by another start was an attempt.
        if (!run.pending_error.empty()) retrying(run, run_id, run.pending_class, run.pending_ms, out);
        turn_started(run_id, session, agent, number(data, "startedAt", ts), out);
    } else if (phase == "model") {
        Run& run = runs_.at(run_id);
        if (std::string_view model = text(data, "model"); !model.empty()) {
            run.model = model;
            run.provider = text(data, "provider");
        }
    } else if (phase == "finishing") {
        std::string_view failed = text(child(data, "errorObservation"), "failoverReason");
        if (!failed.empty()) runs_.at(run_id).last_class = failed;
    } else if (phase == "end") {
        TurnEnd end;
        end.run = run_id;
        end.session = session;
        end.agent = agent;
        end.start_ms = number(data, "startedAt");
        end.end_ms = number(data, "endedAt", ts);
        end.stop_reason = text(data, "stopReason");
        if (flag(data, "aborted"))
            end.status = end.stop_reason == "timeout" ? Status::kTimeout : Status::kCancelled;
        turn_ended(end, out);
    } else if (phase == "error") {
        lifecycle_error(payload, data, out);
    }
}

void Mapper::lifecycle_error(const json::object& payload, const json::object& data, EventBatch& out) {
    std::string_view run_id = text(payload, "runId");
    std::string session = run_session(*this, payload);
    std::string_view message = text(data, "error");
    std::string_view error_class = text(child(data, "errorObservation"), "failoverReason");
    if (error_class.empty()) error_class = classify_error(message);
    int64_t ended = number(data, "endedAt", number(payload, "ts"));
    runs_.at(run_id).last_class = error_class;
    if (!flag(data, "executionSettled") && !flag(data, "aborted")) {
        // The old era says "error" before each of its own retries; chat or session events tell when it gave
        // up.
        Run& run = runs_.at(run_id);
        if (run.is_over) return;
        run.session = session;
        if (run.start_ms == 0) run.start_ms = number(data, "startedAt", ended);
        run.pending_error = message.empty() ? "unknown" : message;
        run.pending_class = error_class;
        run.pending_ms = ended;
        return;
    }
    TurnEnd end;
    end.run = run_id;
    end.session = session;
    end.agent = text(payload, "agentId");
    end.start_ms = number(data, "startedAt");
    end.end_ms = ended;
    end.stop_reason = text(data, "stopReason");
    end.status = Status::kError;
    if (flag(data, "aborted")) end.status = Status::kCancelled;
    if (end.stop_reason == "timeout") end.status = Status::kTimeout;
    if (end.status == Status::kTimeout) error_class = "timeout";
    if (end.status != Status::kCancelled) end.error_class = error_class;
    end.error = message;
    turn_ended(end, out);
}

void Mapper::settle_error(std::string_view run_id, int64_t end_ms, EventBatch& out) {
    Run& run = runs_.at(run_id);
    std::string session = run.session;
    std::string error = run.pending_error;
    std::string error_class = run.pending_class;
    TurnEnd end;
    end.run = run_id;
    end.session = session;
    end.end_ms = end_ms;
    end.status = error_class == "timeout" ? Status::kTimeout : Status::kError;
    end.error_class = error_class;
    end.error = error;
    turn_ended(end, out);
}

void Mapper::chat_event(const json::object& payload, Time now, EventBatch& out) {
    std::string_view state = text(payload, "state");
    std::string_view run_id = text(payload, "runId");
    if (run_id.empty() || (state != "error" && state != "aborted")) return;
    Run& run = runs_.at(run_id);
    if (run.is_over) return;
    // A newer gateway settles the run itself, a moment later and with more to tell; this is for those that do
    // not.
    const json::object& detail = child(payload, "errorDetail");
    if (run.session.empty()) run.session = run_session(*this, payload);
    if (state == "error") {
        std::string_view message = text(payload, "errorMessage");
        std::string_view error_class = text(detail, "failoverReason");
        if (error_class.empty()) error_class = classify_error(message);
        run.pending_error = message.empty() ? "unknown" : message;
        run.pending_class = error_class;
        run.pending_ms = unix_ms(now);
        return settle_error(run_id, run.pending_ms, out);
    }
    TurnEnd end;
    std::string session = run.session;
    end.run = run_id;
    end.session = session;
    end.end_ms = unix_ms(now);
    end.status = Status::kCancelled;
    end.stop_reason = text(payload, "stopReason");
    turn_ended(end, out);
}

void Mapper::run_status(const json::object& payload, const json::object& data, EventBatch& out) {
    if (text(data, "phase") != "retrying") return;
    std::string_view run_id = text(payload, "runId");
    Run& run = runs_.at(run_id);
    if (run.session.empty()) run.session = run_session(*this, payload);
    if (run.agent.empty()) run.agent = text(payload, "agentId");
    retrying(run, run_id, text(data, "reason"), number(payload, "ts"), out);
}

// One attempt at a model call failed and the gateway tries again: a model call that cost nothing.
void Mapper::retrying(Run& run, std::string_view run_id, std::string_view reason, int64_t ts_ms,
                      EventBatch& out) {
    run.attempts++;
    bool is_told_by_message = !run.pending_error.empty();  // the old era keeps a message for each attempt
    run.pending_error.clear();
    if (is_told_by_message) return;
    Event event = fact(Kind::kModelCall, run.session, run.agent, ts_ms);
    std::string id = event_id("turn", fmt::format("{}/attempt/{}", run_id, ts_ms));
    event.id = id;
    event.name = "chat";
    event.turn = run_id;
    event.status = Status::kError;
    event.error_type = reason;
    event.provider = run.provider;
    event.model = run.model;
    std::string attributes = fmt::format(R"({{"attempt":{}}})", run.attempts);
    event.attributes = attributes;
    emit(event, out);
}

}  // namespace nightshift::ingest::openclaw
