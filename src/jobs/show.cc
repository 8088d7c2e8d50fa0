#include "jobs/show.h"

#include <boost/json.hpp>

#include "jobs/execution_json.h"

namespace nightshift::jobs {

namespace json = boost::json;

namespace {

json::value milliseconds_of(const std::optional<Time>& time) {
    if (!time) return nullptr;
    return unix_ms(*time);
}

void add(json::object& object, const char* key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}

// What a strip needs of an occurrence.
json::object show_mark(const Occurrence& occurrence, Time now) {
    auto verdict = occurrence.verdict_at(now);
    json::object mark{{"id", occurrence_id(occurrence.key)},
                      {"nominal_ms", unix_ms(occurrence.key.nominal)},
                      {"phase", to_string(occurrence.phase)},
                      {"verdict", nullptr}};
    if (verdict) mark["verdict"] = to_string(*verdict);
    add(mark, "why", occurrence.why);
    add(mark, "warning", occurrence.warning);
    mark["decided_ms"] = milliseconds_of(occurrence.decided);
    mark["cost_usd"] = static_cast<double>(occurrence.cost_nano_usd) / 1e9;
    if (occurrence.override) {
        mark["override"] =
            json::object{{"verdict", to_string(occurrence.override->verdict)},
                         {"by", occurrence.override->by},
                         {"reason", occurrence.override->reason},
                         {"until_ms", unix_ms(occurrence.override->until)},
                         {"of", occurrence.verdict ? json::value(to_string(*occurrence.verdict)) : nullptr}};
    }
    return mark;
}

}  // namespace

std::string_view kind_of(const Action& action) {
    constexpr std::string_view kKinds[] = {"command", "http", "agent", "cron_run", "prompt", "watch"};
    return kKinds[action.index()];
}

json::object show(const Occurrence& occurrence, Time now) {
    json::object out = show_mark(occurrence, now);
    out["job"] = occurrence.key.job;
    out["start_ms"] = unix_ms(occurrence.start);
    out["trigger"] = to_string(occurrence.trigger);
    out["attempt"] = occurrence.attempt;
    out["fence"] = occurrence.fence;
    out["started_ms"] = milliseconds_of(occurrence.started);
    out["ended_ms"] = milliseconds_of(occurrence.ended);
    if (occurrence.phase == Phase::kWaiting) out["next_attempt_ms"] = unix_ms(occurrence.next_attempt);
    add(out, "note", occurrence.note);
    add(out, "summary", occurrence.summary);
    out["tokens"] = occurrence.tokens;
    return out;
}

json::object show(const Run& run) {
    json::object out{{"attempt", run.attempt},
                     {"fence", run.fence},
                     {"claimed_ms", unix_ms(run.claimed)},
                     {"execution", nullptr}};
    if (run.execution) {
        json::object execution = json::parse(execution_json(*run.execution)).as_object();
        execution.erase("output_path");  // of our disk, and nobody else's business
        execution["succeeded"] = run.execution->succeeded();
        out["execution"] = std::move(execution);
    }
    return out;
}

json::object show(const Evidence& evidence) {
    json::object out{{"expectation", evidence.expectation},
                     {"impact", to_string(evidence.impact)},
                     {"kind", evidence.kind},
                     {"condition", evidence.condition},
                     {"outcome", to_string(evidence.outcome)},
                     {"observed", evidence.observed},
                     {"observer", evidence.observer},
                     {"is_claimants_word", evidence.is_claimants_word},
                     {"time_ms", unix_ms(evidence.time)}};
    if (evidence.value) out["value"] = *evidence.value;
    return out;
}

json::object show(const Claim& claim) {
    return {{"by", claim.by},
            {"says_done", claim.says_done ? json::value(*claim.says_done) : nullptr},
            {"text", claim.text},
            {"time_ms", unix_ms(claim.time)}};
}

json::object show(const Totals& totals) {
    json::object verdicts;
    for (size_t i = 0; i < kVerdictCount; ++i)
        verdicts[to_string(static_cast<Verdict>(i))] = totals.verdicts[i];
    return {{"planned", totals.planned}, {"in_flight", totals.in_flight}, {"verdicts", std::move(verdicts)}};
}

json::object show(const AuditReport& report) {
    json::array found;
    for (const Discrepancy& each : report.discrepancies)
        found.push_back(json::object{{"job", each.job}, {"what", each.what}});
    return {{"time_ms", unix_ms(report.time)},
            {"holds", report.discrepancies.empty()},
            {"totals", show(report.totals)},
            {"discrepancies", std::move(found)}};
}

json::object show(const AgentStatus& agent) {
    json::object out{{"name", agent.name},
                     {"state", to_string(agent.state)},
                     {"since_ms", unix_ms(agent.since)},
                     {"why", agent.why},
                     {"is_looked_at", agent.is_looked_at},
                     {"pid", nullptr},
                     {"restarts", agent.restarts},
                     {"next_start_ms", milliseconds_of(agent.next_start)},
                     {"last_end", nullptr}};
    if (agent.pid != 0) out["pid"] = agent.pid;
    if (agent.last_end) {
        json::object end = json::parse(execution_json(*agent.last_end)).as_object();
        end.erase("output_path");
        out["last_end"] = std::move(end);
    }
    return out;
}

json::object show(const JobView& view, const std::vector<Occurrence>& strip, Time now) {
    const Job& job = *view.job;
    json::array marks;
    for (const Occurrence& each : strip) marks.push_back(show_mark(each, now));
    json::object out{{"name", job.name},
                     {"kind", kind_of(job.action)},
                     {"schedule", job.schedule ? json::value(job.schedule->describe()) : nullptr},
                     {"is_from_config", job.is_from_config},
                     {"is_paused", view.is_paused},
                     {"next_ms", milliseconds_of(view.next)},
                     {"running", view.running ? json::value(show(*view.running, now)) : nullptr},
                     {"expectations", job.expectations.size()},
                     {"strip", std::move(marks)}};
    add(out, "description", job.description);
    add(out, "paused_why", view.paused_why);
    return out;
}

}  // namespace nightshift::jobs
