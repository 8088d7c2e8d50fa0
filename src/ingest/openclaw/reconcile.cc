#include "ingest/openclaw/reconcile.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "ingest/openclaw/json.h"
#include "ingest/openclaw/session_key.h"

namespace nightshift::ingest::openclaw {

using recorder::EventBatch;
using recorder::Status;

namespace json = boost::json;

namespace {

constexpr int kPagesMax = 20;
constexpr size_t kSessionsMax = 300;  // whose history is read
constexpr size_t kAuditedRunsMax = 10'000;
constexpr int64_t kDayMs = 86'400'000;

std::string in_quotes(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

int64_t latest(const json::object& row) {
    int64_t when = 0;
    for (std::string_view field : {"updatedAt", "lastActivityAt", "endedAt", "startedAt"})
        when = std::max(when, number(row, field));
    return when;
}

Status turn_status(std::string_view status) {
    if (status == "succeeded") return Status::kOk;
    if (status == "cancelled") return Status::kCancelled;
    if (status == "timed_out") return Status::kTimeout;
    return Status::kError;
}

}  // namespace

Reconciliation::Reconciliation(Mapper& mapper, const Hello& hello, int64_t since_ms)
    : mapper_(mapper), hello_(hello), since_ms_(since_ms) {}

void Reconciliation::advance() {
    step_ = static_cast<Step>(static_cast<int>(step_) + 1);
    page_ = 0;
    offset_ = 0;
    cursor_.clear();
}

void Reconciliation::skip() {
    if (step_ == Step::kHistory) {
        if (keys_.empty()) step_ = Step::kDone;
        return;
    }
    if (step_ != Step::kDone) advance();
}

std::optional<Call> Reconciliation::next() {
    if (step_ == Step::kTasks && !hello_.has_method("tasks.list")) advance();
    if (step_ == Step::kAudit && !hello_.has_method("audit.activity.list")) advance();
    switch (step_) {
        case Step::kJobs:
            return Call{"cron.list", R"({"includeDisabled":true,"limit":200})"};
        case Step::kSessions:
            return Call{"sessions.list", R"({"limit":200})"};
        case Step::kRuns:
            return Call{"cron.runs", fmt::format(R"({{"scope":"all","limit":200,"offset":{}}})", offset_)};
        case Step::kTasks:
            return Call{"tasks.list", R"({"limit":500})"};
        case Step::kAudit:
            if (cursor_.empty()) return Call{"audit.activity.list", R"({"limit":500})"};
            return Call{"audit.activity.list",
                        fmt::format(R"({{"limit":500,"cursor":{}}})", in_quotes(cursor_))};
        case Step::kHistory:
            if (keys_.empty()) break;
            key_ = std::move(keys_.front());
            keys_.pop_front();
            return Call{"chat.history", fmt::format(R"({{"sessionKey":{},"limit":1000}})", in_quotes(key_))};
        case Step::kDone:
            break;
    }
    step_ = Step::kDone;
    return std::nullopt;
}

void Reconciliation::answered(const Frame& answer, EventBatch& out) {
    if (!answer.is_ok()) return skip();
    const json::object& payload = answer.payload();
    switch (step_) {
        case Step::kJobs:
            return jobs(payload);
        case Step::kSessions:
            return sessions(payload, out);
        case Step::kRuns:
            return runs(payload, out);
        case Step::kTasks:
            return tasks(payload, out);
        case Step::kAudit:
            return audit(payload, out);
        case Step::kHistory:
            return history(payload, out);
        case Step::kDone:
            return;
    }
}

void Reconciliation::want_history(std::string_view key) {
    if (key.empty() || wanted_.size() >= kSessionsMax) return;
    if (wanted_.insert(std::string(key)).second) keys_.emplace_back(key);
}

void Reconciliation::jobs(const json::object& payload) {
    for (const json::value& item : items(payload, "jobs")) mapper_.job(as_object(item));
    advance();
}

void Reconciliation::sessions(const json::object& payload, EventBatch& out) {
    for (const json::value& item : items(payload, "sessions")) {
        const json::object& row = as_object(item);
        int64_t when = latest(row);
        bool is_running = flag(row, "hasActiveRun") || text(row, "status") == "running";
        if (is_running || when >= since_ms_ - kDayMs) mapper_.session_row(row, {}, when, out);
        if (!is_running && when < since_ms_) continue;
        // The messages of a cron job's run are kept under the run's own key.
        SessionKey parts = parse_session_key(text(row, "key"));
        if (parts.kind == "cron")
            want_history(mapper_.canonical(text(row, "key"), text(row, "sessionId")));
        else
            want_history(text(row, "key"));
    }
    advance();
}

void Reconciliation::runs(const json::object& payload, EventBatch& out) {
    bool is_past = false;
    for (const json::value& item : items(payload, "entries")) {
        const json::object& record = as_object(item);
        int64_t ended = number(record, "ts");
        if (ended < since_ms_) {
            is_past = true;
            continue;
        }
        mapper_.job_finished(record, out);
        std::string_view session_id = text(record, "sessionId");
        std::string session = mapper_.canonical(text(record, "sessionKey"), session_id);
        want_history(session);
        bool is_isolated = !parse_session_key(session).session_id.empty();
        if (hello_.has_method("audit.activity.list") || !is_isolated) continue;
        // The old era keeps no list of runs; there the run of an isolated job has the id of its session.
        TurnEnd end;
        end.run = session_id;
        end.session = session;
        end.end_ms = ended;
        end.start_ms = number(record, "runAtMs");
        end.status = text(record, "status") == "ok" ? Status::kOk : Status::kError;
        end.error = text(record, "error");
        end.error_class = end.status == Status::kOk ? "" : "unknown";
        mapper_.turn_ended(end, out);
    }
    offset_ = number(payload, "nextOffset");
    if (is_past || offset_ <= 0 || !flag(payload, "hasMore") || ++page_ >= kPagesMax) advance();
}

void Reconciliation::tasks(const json::object& payload, EventBatch& out) {
    for (const json::value& item : items(payload, "tasks")) {
        const json::object& task = as_object(item);
        if (std::max(number(task, "updatedAt"), number(task, "endedAt")) >= since_ms_)
            mapper_.task(task, out);
    }
    advance();
}

void Reconciliation::audit(const json::object& payload, EventBatch& out) {
    bool is_past = false;
    for (const json::value& item : items(payload, "events")) {
        const json::object& entry = as_object(item);
        int64_t when = number(entry, "occurredAt");
        is_past = is_past || when < since_ms_;
        std::string_view run_id = text(entry, "runId");
        if (when < since_ms_ || run_id.empty() || audited_.size() >= kAuditedRunsMax) continue;
        std::string session = mapper_.canonical(text(entry, "sessionKey"), text(entry, "sessionId"));
        want_history(session);
        if (text(entry, "kind") != "agent_run") continue;
        AuditRun& run = audited_[std::string(run_id)];
        run.session = session;
        run.agent = text(entry, "agentId");
        if (text(entry, "action") == "agent.run.started") {
            run.start_ms = when;
        } else {
            run.end_ms = when;
            run.status = text(entry, "status");
            run.error_code = text(entry, "errorCode");
        }
    }
    cursor_ = text(payload, "nextCursor");
    if (!is_past && !cursor_.empty() && ++page_ < kPagesMax) return;
    audited_turns(out);
    advance();
}

void Reconciliation::audited_turns(EventBatch& out) {
    for (const auto& [run_id, run] : audited_) {
        if (run.start_ms > 0) mapper_.turn_started(run_id, run.session, run.agent, run.start_ms, out);
        if (run.end_ms == 0) continue;
        TurnEnd end;
        end.run = run_id;
        end.session = run.session;
        end.agent = run.agent;
        end.start_ms = run.start_ms;
        end.end_ms = run.end_ms;
        end.status = turn_status(run.status);
        if (end.status == Status::kTimeout) end.error_class = "timeout";
        if (end.status == Status::kError) end.error_class = run.error_code;
        mapper_.turn_ended(end, out);
    }
    audited_.clear();
}

void Reconciliation::history(const json::object& payload, EventBatch& out) {
    MessageId id;
    id.session_id = text(payload, "sessionId");
    std::string session = mapper_.canonical(key_, id.session_id);
    id.session = session;
    for (const json::value& item : items(payload, "messages")) {
        const json::object& message = as_object(item);
        int64_t when =
            std::max(number(message, "timestamp"), number(child(message, "__openclaw"), "recordTimestampMs"));
        if (when >= since_ms_) mapper_.message(id, message, out);
    }
    if (keys_.empty()) step_ = Step::kDone;
}

}  // namespace nightshift::ingest::openclaw
