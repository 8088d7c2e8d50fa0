#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/client.h"

// The commands. Each prints for a person, or what the API said when `json` is set, and returns an ExitCode.
namespace nightshift::cli {

struct UpOptions {
    std::filesystem::path data;
    std::string listen;  // empty: as the configuration says
    std::string otlp;
    std::filesystem::path config;
    bool install_service = false;
};
int run_up(const UpOptions& options);

int run_status(const Connection& connection, bool json);

struct FleetOptions {
    std::vector<std::string> states;
    std::string agent;
    std::string search;
    int64_t limit = 100;
};
int run_agents(const Connection& connection, const FleetOptions& options, bool json);
int run_sessions(const Connection& connection, const FleetOptions& options, bool json);

struct TailOptions {
    std::string agent;
    std::string session;
    std::string kind;
    bool follow = true;
    int64_t lines = 20;
};
int run_tail(const Connection& connection, const TailOptions& options, bool json);

struct QueryOptions {
    std::string where;
    std::string text;
    std::vector<std::string> group_by;
    std::vector<std::string> aggregates;
    std::string order_by;
    std::string since = "1h";  // a duration before now: 90s 15m 12h 7d
    int64_t limit = 100;
};
int run_query(const Connection& connection, const QueryOptions& options, bool json);

// kBad when the last verdict of a job is failed, contradicted or missed.
int run_jobs(const Connection& connection, bool json);
// `action`: run, pause or resume.
int run_job_action(const Connection& connection, const std::string& job, const std::string& action,
                   const std::string& reason, bool json);
int run_job_explain(const Connection& connection, const std::string& job, bool json);

struct RunsOptions {
    std::string id;  // one occurrence, whole
    std::string job;
    std::string verdict;
    bool why = false;  // all of the reason
    int64_t limit = 20;
};
int run_runs(const Connection& connection, const RunsOptions& options, bool json);
// `signal`: empty, start, fail, log or an exit status.
int run_ping(const Connection& connection, const std::string& job, const std::string& signal,
             const std::string& text);

// The agents that are kept running. kBad when one was given up, or waits to be started again.
int run_supervised(const Connection& connection, bool json);
// `action`: start, stop or restart.
int run_supervised_action(const Connection& connection, const std::string& agent, const std::string& action);

// kBad when an alert is known.
int run_alerts(const Connection& connection, bool json);
int run_alert_rules(const Connection& connection, bool json);
// What a rule would have done; `over` is a length of time.
int run_alert_preview(const Connection& connection, const std::string& rule, const std::string& over,
                      bool json);
struct SilenceOptions {
    std::vector<std::string> matchers;
    std::string length = "1h";
    std::string reason;
};
int run_silences(const Connection& connection, bool json);
int run_silence(const Connection& connection, const SilenceOptions& options, bool json);
int run_end_silence(const Connection& connection, const std::string& id);

// kBad when an incident is not resolved.
int run_incidents(const Connection& connection, const std::string& state, bool json);
int run_incident(const Connection& connection, const std::string& id, bool json);
// `action`: acknowledge, hand_over, note, resolve, reopen or diagnose; `body` is what it needs.
struct IncidentAction {
    std::string id;
    std::string to;        // of a hand-over
    std::string text;      // of a note, or why
    std::string judged;    // what it was after all
    std::string severity;  // to raise it to
};
int run_incident_action(const Connection& connection, const std::string& action, const IncidentAction& wanted,
                        bool json);
int run_changes(const Connection& connection, bool json);
int run_add_change(const Connection& connection, const std::string& what, const std::string& about,
                   bool json);
int run_postmortem(const Connection& connection, const std::string& id);
int run_incident_statistics(const Connection& connection, bool json);
int run_runbook(const Connection& connection, const std::string& incident, const std::string& runbook,
                bool is_dry_run, bool is_approved, bool json);
// kBad unless it is a false alarm or an enhancement. `subject` is "job:molt-morning".
int run_diagnose(const Connection& connection, const std::string& subject, bool json);

// kBad when a probe does not pass.
int run_probes(const Connection& connection, bool json);
int run_probe_show(const Connection& connection, const std::string& probe, bool json);
// Looks now.
int run_probe_now(const Connection& connection, const std::string& probe, bool json);

// kBad when a route has no target that may be used now.
int run_gateway_status(const Connection& connection, bool json);
// kBad when a target fails. `route`: empty for all.
int run_gateway_test(const Connection& connection, const std::string& route, bool json);
int run_gateway_explain(const Connection& connection, const std::string& model, int64_t tokens, bool json);

int run_token_list(const Connection& connection, bool json);
int run_token_create(const Connection& connection, const std::string& name,
                     const std::vector<std::string>& scopes, const std::string& tenant, bool json);
int run_token_revoke(const Connection& connection, const std::string& id);

// Checks what commonly goes wrong: reachability, token, clock, disk, recorder, sources; each with what to do.
int run_doctor(const Connection& connection, bool json);

int run_config_check(const std::filesystem::path& path, bool json);

struct DemoOptions {
    std::filesystem::path program;  // ourselves, to start the agents
    int64_t seconds = 0;            // 0: until interrupted
};
int run_demo(const Connection& connection, const DemoOptions& options);
// One simulated agent: a process of its own.
int run_demo_agent(const Connection& connection, const std::string& role, int64_t seconds);

// Rehearses disasters against instances of its own; it touches no other. kBad unless all of it went well.
struct DrillOptions {
    std::filesystem::path program;   // ourselves, to start the instances
    std::vector<std::string> names;  // empty: all
    bool keeps = false;              // the sandboxes' folders, to look at
};
int run_drill(const DrillOptions& options, bool json);
int list_drills(bool json);

}  // namespace nightshift::cli
