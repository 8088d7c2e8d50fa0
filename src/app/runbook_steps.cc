#include "app/runbook_steps.h"

#include <boost/json.hpp>

#include "incidents/render.h"
#include "io/completion.h"
#include "jobs/evidence/probe_process.h"
#include "net/client.h"

namespace nightshift::app {
namespace {

using incidents::Incident;
using incidents::RunbookStep;
using incidents::StepKind;
using Said = Result<std::string>;

constexpr seconds kSetAsideDefault{600};
constexpr size_t kAnswerBytesMax = 64u << 10;
constexpr size_t kOutputShownMax = 200;

std::string target_or(const RunbookStep& step, const Incident& incident, std::string_view label) {
    if (!step.target.empty()) return step.target;
    if (incident.subject.kind == label) return incident.subject.name;
    return std::string(incident.labels.get(label));
}

std::string parameter(const RunbookStep& step, const std::string& name) {
    auto found = step.parameters.find(name);
    return found == step.parameters.end() ? "" : found->second;
}

Failure no_target(std::string_view what) {
    return fail(Code::kInvalid, "the incident names no {}, and the step has no target", what);
}

Task<Said> restart_agent(StepParts parts, RunbookStep step, Incident incident) {
    std::string agent = target_or(step, incident, "agent");
    if (agent.empty()) co_return no_target("agent");
    Result<void> done = co_await parts.work.supervise(agent, api::SupervisedParts::Wish::kRestart);
    if (!done) co_return Failure(done.error());
    co_return "asked to restart agent " + agent;
}

Task<Said> abort_session(StepParts parts, RunbookStep step, Incident incident) {
    std::string session = target_or(step, incident, "session");
    if (session.empty()) co_return no_target("session");
    std::function<void(std::function<void(Said)>)> start = [parts, session,
                                                            incident](std::function<void(Said)> done) {
        parts.fleet.abort(incident.tenant, session, "runbook for " + incident.id, std::move(done));
    };
    Said said = co_await io::completion<Said>(std::move(start));
    co_return said;
}

Task<Said> set_aside(StepParts parts, RunbookStep step, Incident incident) {
    gateway::Gateway* gateway = parts.gateway();
    if (gateway == nullptr) co_return fail(Code::kUnavailable, "there is no gateway");
    bool is_switch = step.kind == StepKind::kSwitchRoute;
    std::string route = is_switch ? target_or(step, incident, "route") : parameter(step, "route");
    std::string name = is_switch ? "" : step.target;
    if ((is_switch && route.empty()) || (!is_switch && name.empty()))
        co_return no_target(is_switch ? "route" : "provider");
    co_return gateway->set_aside(name, route, kSetAsideDefault);
}

Task<Said> pause_job(StepParts parts, RunbookStep step, Incident incident) {
    std::string job = target_or(step, incident, "job");
    if (job.empty()) co_return no_target("job");
    jobs::Pause pause{incident.tenant,  job, true, "nightshift", "runbook for " + incident.id,
                      parts.clock.now()};
    Result<void> done = co_await parts.work.jobs().pause(std::move(pause));
    if (!done) co_return Failure(done.error());
    co_return fmt::format("job {} is paused", job);
}

Task<Said> rerun(StepParts parts, RunbookStep step, Incident incident) {
    std::string job = target_or(step, incident, "job");
    if (job.empty()) co_return no_target("job");
    auto key = co_await parts.work.jobs().trigger(incident.tenant, job, jobs::Trigger::kManual);
    if (!key) co_return Failure(key.error());
    co_return fmt::format("started {}", jobs::occurrence_id(*key));
}

// Only what it names is in its environment.
Task<Said> run_command(StepParts parts, RunbookStep step, Incident incident) {
    jobs::evidence::ProbeCommand command;
    command.argv = {"/bin/sh", "-c", parameter(step, "command")};
    command.environment = {{"NIGHTSHIFT_INCIDENT", incident.id},
                           {"NIGHTSHIFT_TENANT", incident.tenant},
                           {"NIGHTSHIFT_SUBJECT", incident.subject.kind + ":" + incident.subject.name},
                           {"NIGHTSHIFT_SEVERITY", std::string(to_string(incident.severity))}};
    auto until = std::chrono::steady_clock::now() + step.timeout;
    using End = jobs::evidence::ProbeEnd;
    std::function<Result<End>()> run = [command, until] { return jobs::evidence::run_probe(command, until); };
    Result<End> end = co_await parts.pool.run<End>(std::move(run));
    if (!end) co_return Failure(end.error());
    std::string output = end->output.substr(0, kOutputShownMax);
    if (end->timed_out)
        co_return fail(Code::kTimeout, "it was killed after {} s: {}", step.timeout.count(), output);
    int code = end->exit_code.value_or(-1);
    if (code != 0) co_return fail(Code::kInternal, "exit {}: {}", code, output);
    co_return "the command ended with 0: " + output;
}

Task<Said> call_webhook(RunbookStep step, Incident incident, Time now) {
    net::ClientRequest request;
    request.method = net::Method::kPost;
    request.url = parameter(step, "url");
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Idempotency-Key", incident.id);
    request.body = incidents::render(incident, {}, now).payload;
    request.timeout = step.timeout;
    request.body_bytes_max = kAnswerBytesMax;
    Result<net::ClientResponse> answer = co_await net::fetch(std::move(request));
    if (!answer) co_return Failure(answer.error());
    if (answer->status < 200 || answer->status >= 300)
        co_return fail(Code::kUnavailable, "the webhook answered {}", answer->status);
    co_return fmt::format("the webhook answered {}", answer->status);
}

Task<Said> take(StepParts parts, RunbookStep step, Incident incident) {
    switch (step.kind) {
        case StepKind::kRestartAgent:
            return restart_agent(parts, std::move(step), std::move(incident));
        case StepKind::kAbortSession:
            return abort_session(parts, std::move(step), std::move(incident));
        case StepKind::kOpenBreaker:
        case StepKind::kSwitchRoute:
            return set_aside(parts, std::move(step), std::move(incident));
        case StepKind::kPauseJob:
            return pause_job(parts, std::move(step), std::move(incident));
        case StepKind::kRerun:
            return rerun(parts, std::move(step), std::move(incident));
        case StepKind::kCommand:
            return run_command(parts, std::move(step), std::move(incident));
        case StepKind::kWebhook:
            return call_webhook(std::move(step), std::move(incident), parts.clock.now());
    }
    return call_webhook(std::move(step), std::move(incident), parts.clock.now());
}

}  // namespace

TakeStep make_steps(StepParts parts) {
    return [parts](RunbookStep step, Incident incident) {
        return take(parts, std::move(step), std::move(incident));
    };
}

}  // namespace nightshift::app
