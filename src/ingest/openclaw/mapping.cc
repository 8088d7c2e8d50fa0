#include "ingest/openclaw/mapping.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "ingest/openclaw/error_class.h"
#include "ingest/openclaw/json.h"
#include "ingest/openclaw/session_key.h"

namespace nightshift::ingest::openclaw {

using recorder::Event;
using recorder::EventBatch;
using recorder::Kind;
using recorder::Status;

namespace {

constexpr size_t kNameBytesMax = 200;
constexpr size_t kIdBytesMax = 600;
constexpr size_t kProseBytesMax = 500;

// A gateway clock in the far future or before time began is kept as it is by nobody: it is bounded here.
constexpr int64_t kTimeMsMax = 32'503'680'000'000;  // the year 3000

int64_t to_us(int64_t ms) {
    return std::clamp<int64_t>(ms, 0, kTimeMsMax) * 1000;
}

}  // namespace

Mapper::Mapper(MapperOptions options)
    : options_(std::move(options)), source_("openclaw/" + options_.gateway) {}

std::string Mapper::canonical(std::string_view key, std::string_view session_id) const {
    const Job* job = jobs_.find(parse_session_key(key).job);
    return canonical_session_key(key, session_id,
                                 job == nullptr || job->agent.empty() ? default_agent_ : job->agent);
}

std::string Mapper::agent_name(std::string_view agent, std::string_view session) const {
    if (agent.empty()) agent = parse_session_key(session).agent;
    if (agent.empty()) agent = default_agent_;
    return options_.gateway + "/" + std::string(agent);
}

std::string Mapper::session_name(std::string_view session) const {
    if (session.empty() || !options_.qualify_sessions) return std::string(session);
    return options_.gateway + "/" + std::string(session);
}

std::string Mapper::event_id(std::string_view what, std::string_view rest) const {
    return fmt::format("{}/{}/{}", source_, what, rest);
}

std::string Mapper::prose(std::string_view text) const {
    return options_.redact(truncate_utf8(text, kProseBytesMax));
}

Event Mapper::fact(Kind kind, std::string_view session, std::string_view agent, int64_t time_ms) {
    agent_ = agent_name(agent, session);
    session_ = session_name(session);
    parent_.clear();
    if (const Session* known = sessions_.find(session)) parent_ = session_name(known->parent);
    Event event;
    event.kind = kind;
    event.time_us = to_us(time_ms);
    event.tenant = options_.tenant;
    event.source = source_;
    event.agent = agent_;
    event.session = session_;
    event.parent_session = parent_;
    return event;
}

void Mapper::emit(Event event, EventBatch& out) {
    event.id = truncate_utf8(event.id, kIdBytesMax);
    if (!seen_.insert(event.id)) return;
    for (std::string_view Event::* field :
         {&Event::agent, &Event::turn, &Event::name, &Event::provider, &Event::model, &Event::error_type})
        event.*field = truncate_utf8(event.*field, kNameBytesMax);
    for (std::string_view Event::* field : {&Event::session, &Event::parent_session})
        event.*field = truncate_utf8(event.*field, kIdBytesMax);
    for (std::string_view Event::* field :
         {&Event::tenant, &Event::id, &Event::source, &Event::agent, &Event::session, &Event::parent_session,
          &Event::turn, &Event::span, &Event::name, &Event::provider, &Event::model, &Event::error_type,
          &Event::signature, &Event::result_signature, &Event::attributes, &Event::content})
        event.*field = out.keep(event.*field);
    out.events.push_back(event);
}

void Mapper::map(const Frame& frame, Time now, EventBatch& out) {
    std::string_view event = frame.event();
    const auto& payload = frame.payload();
    if (event == "agent") return agent_event(payload, out);
    if (event == "chat") return chat_event(payload, now, out);
    if (event == "session.message") return session_message(payload, out);
    if (event == "session.tool") return session_tool(payload, out);
    if (event == "sessions.changed") return session_changed(payload, out);
    if (event == "cron") return cron_event(payload, now, out);
    if (event == "task") return task(child(payload, "task"), out);
    if (event == "heartbeat") return heartbeat(payload, now, out);
    if (event == "health") return health(payload, now, out);
    if (event == "shutdown")
        return gateway_fact("gateway.shutdown", Status::kOk, text(payload, "reason"), now, out);
    if (event.ends_with(".approval.requested") || event.ends_with(".approval.resolved") ||
        event == "session.approval" || event == "question.requested" || event == "question.resolved")
        approval(event, payload, now, out);
}

void Mapper::turn_started(std::string_view run, std::string_view session, std::string_view agent,
                          int64_t start_ms, EventBatch& out) {
    if (run.empty()) return;
    Run& state = runs_.at(run);
    bool is_new = state.start_ms == 0;
    state.session = session;
    if (!agent.empty()) state.agent = agent;
    if (is_new) state.start_ms = start_ms;
    if (state.is_over) return;
    sessions_.at(session).run = run;
    if (!is_new) return;
    Event event = fact(Kind::kTurn, session, agent, start_ms);
    std::string id = event_id("turn", fmt::format("{}/start", run));
    event.id = id;
    event.name = "agent.run";
    event.turn = run;
    event.status = Status::kRunning;
    emit(event, out);
}

void Mapper::turn_ended(const TurnEnd& end, EventBatch& out) {
    if (end.run.empty()) return;
    Run& run = runs_.at(end.run);
    if (run.is_over) return;
    run.is_over = true;
    run.pending_error.clear();
    if (Session* session = sessions_.find(end.session); session != nullptr && session->run == end.run)
        session->run.clear();
    int64_t start = end.start_ms > 0 ? end.start_ms : run.start_ms;
    if (start <= 0 || start > end.end_ms) start = end.end_ms;
    std::string_view agent = end.agent.empty() ? std::string_view(run.agent) : end.agent;
    Event event = fact(Kind::kTurn, end.session, agent, start);
    std::string id = event_id("turn", fmt::format("{}/end", end.run));
    event.id = id;
    event.name = "agent.run";
    event.turn = end.run;
    event.duration_us = to_us(end.end_ms) - event.time_us;
    event.status = end.status;
    event.error_type = end.error_class;
    event.provider = end.provider.empty() ? std::string_view(run.provider) : end.provider;
    event.model = end.model.empty() ? std::string_view(run.model) : end.model;
    ObjectWriter attributes;
    attributes.add("stop_reason", end.stop_reason);
    attributes.add("error", prose(end.error));
    std::string written = attributes.take();
    event.attributes = written;
    emit(event, out);
}

void Mapper::gateway_fact(std::string_view name, Status status, std::string_view why, Time at,
                          EventBatch& out) {
    Event event;
    event.kind = Kind::kLog;
    event.time_us = unix_us(at);
    event.tenant = options_.tenant;
    event.source = source_;
    event.name = name;
    event.status = status;
    std::string id = event_id(name, std::to_string(unix_ms(at)));
    event.id = id;
    ObjectWriter attributes;
    attributes.add("why", prose(why));
    std::string written = attributes.take();
    event.attributes = written;
    emit(event, out);
}

void Mapper::gateway_restarted(int64_t boot_ms, EventBatch& out) {
    std::vector<std::string> lost;
    runs_.for_each([&](const std::string& run, const Run& state) {
        if (!state.is_over && state.start_ms < boot_ms) lost.push_back(run);
    });
    for (const std::string& run : lost) {
        std::string session = runs_.at(run).session;
        TurnEnd end;
        end.run = run;
        end.session = session;
        end.end_ms = boot_ms;
        end.status = Status::kError;
        end.error_class = "gateway_restart";
        end.error = "the gateway started again while this run was going on";
        turn_ended(end, out);
    }
}

void Mapper::expire(Time now, EventBatch& out) {
    constexpr int64_t kSettledAfterMs = 90'000;
    std::vector<std::string> settled;
    runs_.for_each([&](const std::string& run, const Run& state) {
        if (!state.pending_error.empty() && unix_ms(now) - state.pending_ms > kSettledAfterMs)
            settled.push_back(run);
    });
    for (const std::string& run : settled) settle_error(run, runs_.at(run).pending_ms, out);
}

}  // namespace nightshift::ingest::openclaw
