// Scheduled work and the ledger of background tasks: `cron` and `task` events, and the records of cron.runs.
#include <algorithm>
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

void Mapper::job(const json::object& definition) {
    std::string_view id = text(definition, "id");
    if (id.empty()) return;
    Job& known = jobs_.at(id);
    if (std::string_view name = text(definition, "name"); !name.empty()) known.name = name;
    if (std::string_view agent = text(definition, "agentId"); !agent.empty()) known.agent = agent;
}

void Mapper::cron_event(const json::object& payload, Time now, EventBatch& out) {
    job(child(payload, "job"));
    std::string_view action = text(payload, "action");
    std::string_view job_id = text(payload, "jobId");
    if (job_id.empty()) return;
    if (action == "finished") return job_finished(payload, out);
    if (action == "scheduled") return;

    const Job* known = jobs_.find(job_id);
    std::string_view agent = known == nullptr ? std::string_view() : std::string_view(known->agent);
    std::string_view job_name =
        known == nullptr || known->name.empty() ? job_id : std::string_view(known->name);
    bool is_start = action == "started";
    int64_t at = is_start ? number(payload, "runAtMs", unix_ms(now)) : unix_ms(now);
    Event event = fact(is_start ? Kind::kJob : Kind::kLog, {}, agent, at);
    std::string id = event_id("job", fmt::format("{}/{}/{}", job_id, at, action));
    std::string log_name = fmt::format("cron.{}", action);
    event.id = id;
    event.name = is_start ? job_name : std::string_view(log_name);
    event.status = is_start ? Status::kRunning : Status::kOk;
    ObjectWriter attributes;
    attributes.add("job_id", job_id);
    if (!is_start) attributes.add("job", job_name);
    if (has(payload, "nextRunAtMs")) attributes.add_number("next_run_ms", number(payload, "nextRunAtMs"));
    std::string written = attributes.take();
    event.attributes = written;
    emit(event, out);
}

void Mapper::job_finished(const json::object& record, EventBatch& out) {
    std::string_view job_id = text(record, "jobId");
    if (job_id.empty() || text(record, "action") != "finished") return;
    std::string_view key = text(record, "sessionKey");
    std::string session = key.empty() ? std::string() : canonical(key, text(record, "sessionId"));
    const Job* known = jobs_.find(job_id);
    std::string_view agent = parse_session_key(session).agent;
    if (agent.empty() && known != nullptr) agent = known->agent;
    std::string_view job_name = text(record, "jobName");
    if (job_name.empty() && known != nullptr) job_name = known->name;
    int64_t run_at = number(record, "runAtMs", number(record, "ts"));

    Event event = fact(Kind::kJob, session, agent, run_at);
    std::string id = event_id("job", fmt::format("{}/{}/finished", job_id, run_at));
    event.id = id;
    event.name = job_name.empty() ? job_id : job_name;
    event.duration_us =
        has(record, "durationMs") ? std::max<int64_t>(number(record, "durationMs"), 0) * 1000 : -1;
    event.provider = text(record, "provider");
    event.model = text(record, "model");
    std::string_view status = text(record, "status");
    std::string_view error = text(record, "error");
    std::string_view reason = text(record, "errorReason");
    if (reason.empty()) reason = classify_error(error);
    event.status = Status::kUnset;
    if (status == "ok") event.status = Status::kOk;
    if (status == "skipped") event.status = Status::kCancelled;
    if (status == "error") event.status = reason == "timeout" ? Status::kTimeout : Status::kError;
    if (event.status == Status::kError || event.status == Status::kTimeout) event.error_type = reason;

    ObjectWriter attributes;
    attributes.add("job_id", job_id);
    attributes.add("status", status);
    attributes.add("completion_status", text(record, "completionStatus"));
    attributes.add("delivery_status", text(record, "deliveryStatus"));
    if (has(record, "delivered")) attributes.add_flag("delivered", flag(record, "delivered"));
    attributes.add("run_id", text(record, "runId"));
    attributes.add("session_id", text(record, "sessionId"));
    if (has(record, "nextRunAtMs")) attributes.add_number("next_run_ms", number(record, "nextRunAtMs"));
    attributes.add("error", prose(error));
    attributes.add("delivery_error", prose(text(record, "deliveryError")));
    std::string written = attributes.take();
    event.attributes = written;
    std::string content;
    if (options_.keep_content) {
        ObjectWriter writer;
        writer.add("output", text(record, "summary"));
        content = options_.redact(writer.take());
        event.content = content;
    }
    emit(event, out);
}

void Mapper::task(const json::object& task, EventBatch& out) {
    std::string_view child_key = text(task, "childSessionKey");
    // Other runtimes are told by the events of their runs and jobs.
    if (text(task, "runtime") != "subagent" || child_key.empty()) return;
    std::string session = canonical(child_key, {});
    std::string_view parent = text(task, "ownerKey");
    if (parent.empty()) parent = text(task, "sessionKey");
    Session& known = sessions_.at(session);
    if (known.parent.empty() && parent != child_key) known.parent = parent;

    std::string_view status = text(task, "status");
    std::string_view agent = text(task, "agentId");
    if (status == "queued" || status == "running")
        return session_state(session, agent, "session.working", Status::kRunning,
                             number(task, "startedAt", number(task, "createdAt")), {}, out);
    Status ended = Status::kError;
    if (status == "completed") ended = Status::kOk;
    if (status == "cancelled") ended = Status::kCancelled;
    if (status == "timed_out") ended = Status::kTimeout;
    session_state(session, agent, "session.ended", ended, number(task, "endedAt", number(task, "updatedAt")),
                  {}, out);
}

}  // namespace nightshift::ingest::openclaw
