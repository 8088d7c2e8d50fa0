#include "cli/main.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "app/version.h"
#include "cli/commands.h"

namespace nightshift::cli {
namespace {

// What the options write into; it outlives the parsing.
struct Arguments {
    Connection connection = Connection::from_environment();
    bool json = false;
    int exit_code = kOk;
    UpOptions up;
    FleetOptions fleet;
    TailOptions tail;
    QueryOptions query;
    DemoOptions demo;
    DrillOptions drill;
    std::string token_name, token_id, token_tenant = "default", role;
    std::vector<std::string> token_scopes{"read"};
    RunsOptions runs;
    std::string job, agent, probe, signal, reason;
    std::string config_path, url, token, model;
    int64_t prompt_tokens = 0;
    SilenceOptions silence;
    IncidentAction incident;
    std::string rule, over = "7d", state = "unresolved", subject, silence_id, runbook, what;
    bool is_dry_run = false, is_approved = false, lists = false;
};

std::filesystem::path default_data_folder() {
    if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data)
        return std::filesystem::path(data) / "nightshift";
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home ? home : ".") / ".local/share/nightshift";
}

// A command that talks to a server: its connection options, --json, and what to run.
CLI::App* add_client(CLI::App& app, Arguments& args, const char* name, const char* help,
                     std::function<int()> run) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("--url", args.url, "The server; default NIGHTSHIFT_URL or http://127.0.0.1:8700");
    command->add_option("--token", args.token,
                        "The token; better in NIGHTSHIFT_TOKEN, where other users cannot see it");
    command->add_flag("--json", args.json, "Print what the API said");
    command->callback([&args, run = std::move(run)] {
        if (!args.url.empty()) args.connection.url = args.url;
        if (!args.token.empty()) args.connection.token = Secret(args.token);
        try {
            args.exit_code = run();
        } catch (const std::exception& error) {
            args.exit_code = report(
                {Code::kInternal, fmt::format("the server's answer is not what this program expects ({}); "
                                              "are both of one version?",
                                              error.what())});
        }
    });
    return command;
}

void add_up(CLI::App& app, Arguments& args) {
    CLI::App* up = app.add_subcommand("up", "Run Nightshift in the foreground");
    args.up.data = default_data_folder();
    up->add_option("--data", args.up.data, "The folder that holds everything")->capture_default_str();
    up->add_option("--listen", args.up.listen, "Address of the main port; default 127.0.0.1:8700");
    up->add_option("--otlp", args.up.otlp, "Address of the OTLP port, or off; default 127.0.0.1:4318");
    up->add_option("--config", args.up.config, "nightshift.yaml");
    up->add_flag("--install-service", args.up.install_service,
                 "Write a systemd unit for these options, and say how to start it");
    up->callback([&args] { args.exit_code = run_up(args.up); });
}

void add_fleet_options(CLI::App* command, FleetOptions& fleet) {
    command->add_option("--state", fleet.states, "Only these states")->delimiter(',');
    command->add_option("--search", fleet.search, "A part of the id");
    command->add_option("--limit", fleet.limit, "How many")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
}

void add_fleet(CLI::App& app, Arguments& args) {
    add_client(app, args, "status", "What needs attention, and the fleet in numbers",
               [&args] { return run_status(args.connection, args.json); });
    add_fleet_options(add_client(app, args, "agents", "The agents now",
                                 [&args] { return run_agents(args.connection, args.fleet, args.json); }),
                      args.fleet);
    CLI::App* sessions = add_client(app, args, "sessions", "The sessions now",
                                    [&args] { return run_sessions(args.connection, args.fleet, args.json); });
    add_fleet_options(sessions, args.fleet);
    sessions->add_option("--agent", args.fleet.agent, "Only this agent's");
}

void add_history(CLI::App& app, Arguments& args) {
    CLI::App* tail = add_client(app, args, "tail", "Events as they come",
                                [&args] { return run_tail(args.connection, args.tail, args.json); });
    tail->add_option("--agent", args.tail.agent, "Only this agent's");
    tail->add_option("--session", args.tail.session, "Only this session's");
    tail->add_option("--kind", args.tail.kind, "Only this kind: model_call, tool_call, ...");
    tail->add_option("-n,--lines", args.tail.lines, "Events from before to begin with")
        ->check(CLI::Range(0, 10000));
    tail->add_flag("--follow,!--no-follow", args.tail.follow, "Go on until interrupted");

    CLI::App* query =
        add_client(app, args, "query", "Ask the recorder: nightshift query count 'p95(duration)' --by agent",
                   [&args] { return run_query(args.connection, args.query, args.json); });
    query->add_option("aggregates", args.query.aggregates, "count, errors, sum(cost), p95(duration), ...");
    query->add_option("--where", args.query.where, "kind = tool_call and status = error");
    query->add_option("--text", args.query.text, "A part of the name or the attributes");
    query->add_option("--by", args.query.group_by, "Columns, or time(1m) time(1h) time(1d)");
    query->add_option("--order", args.query.order_by, "A column of the result; -column is descending");
    query->add_option("--since", args.query.since, "How far back: 90s 15m 12h 7d")->capture_default_str();
    query->add_option("--limit", args.query.limit, "How many rows")->capture_default_str();
}

void add_tokens(CLI::App& app, Arguments& args) {
    CLI::App* token = app.add_subcommand("token", "Tokens: who may do what");
    token->require_subcommand(1);
    add_client(*token, args, "list", "All tokens",
               [&args] { return run_token_list(args.connection, args.json); });
    CLI::App* create = add_client(*token, args, "create", "A new token, shown once", [&args] {
        return run_token_create(args.connection, args.token_name, args.token_scopes, args.token_tenant,
                                args.json);
    });
    create->add_option("name", args.token_name, "What it is for")->required();
    create->add_option("--scopes", args.token_scopes, "read, write, ingest, gateway, admin")
        ->delimiter(',')
        ->capture_default_str();
    create->add_option("--tenant", args.token_tenant, "Whose it is")->capture_default_str();
    CLI::App* revoke = add_client(*token, args, "revoke", "End a token",
                                  [&args] { return run_token_revoke(args.connection, args.token_id); });
    revoke->add_option("id", args.token_id, "From token list")->required();
}

void add_jobs(CLI::App& app, Arguments& args) {
    CLI::App* jobs = add_client(app, args, "jobs",
                                "Scheduled work: what comes next, and what became of the last", [&args] {
                                    if (args.job.empty()) return run_jobs(args.connection, args.json);
                                    return int{args.exit_code};
                                });
    auto add_one = [&](const char* name, const char* help, std::function<int()> run) {
        CLI::App* command = add_client(*jobs, args, name, help, std::move(run));
        command->add_option("job", args.job, "Its name")->required();
        return command;
    };
    add_one("run", "Start it now, beside its schedule",
            [&args] { return run_job_action(args.connection, args.job, "run", "", args.json); });
    add_one("pause", "Start none of its planned occurrences until it is resumed",
            [&args] { return run_job_action(args.connection, args.job, "pause", args.reason, args.json); })
        ->add_option("--reason", args.reason, "Why; people will read it")
        ->required();
    add_one("resume", "End a pause",
            [&args] { return run_job_action(args.connection, args.job, "resume", "", args.json); });
    add_one("explain", "When it runs next, and what it promises",
            [&args] { return run_job_explain(args.connection, args.job, args.json); });

    CLI::App* runs = add_client(app, args, "runs", "What became of planned work, newest first",
                                [&args] { return run_runs(args.connection, args.runs, args.json); });
    runs->add_option("id", args.runs.id, "One occurrence, with its evidence: job@2026-11-22T07:00:00Z");
    runs->add_option("--job", args.runs.job, "Only this job's");
    runs->add_option("--verdict", args.runs.verdict, "Only these: verified, missed, contradicted, ...");
    runs->add_flag("--why", args.runs.why, "The whole reason of each");
    runs->add_option("--limit", args.runs.limit, "How many")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();

    CLI::App* ping =
        add_client(app, args, "ping", "Say for a watched job that it runs, or how it ended",
                   [&args] { return run_ping(args.connection, args.job, args.signal, args.reason); });
    ping->add_option("job", args.job, "Its name")->required();
    ping->add_option("signal", args.signal, "start, fail, log or an exit status; nothing is success");
    ping->add_option("--text", args.reason, "What to keep with it");
}

void add_supervised(CLI::App& app, Arguments& args) {
    CLI::App* supervised = add_client(app, args, "supervised", "The agents that are kept running", [&args] {
        if (args.agent.empty()) return run_supervised(args.connection, args.json);
        return int{args.exit_code};
    });
    auto add_one = [&](const char* name, const char* help) {
        add_client(*supervised, args, name, help,
                   [&args, name] { return run_supervised_action(args.connection, args.agent, name); })
            ->add_option("agent", args.agent, "Its name")
            ->required();
    };
    add_one("start", "Start it, also when it was given up");
    add_one("stop", "Stop it until it is started again");
    add_one("restart", "Stop it, then start it");
}

void add_alerts(CLI::App& app, Arguments& args) {
    CLI::App* alerts = add_client(
        app, args, "alerts", "What is wrong now, and the rules that say so",
        [&args] { return args.rule.empty() ? run_alerts(args.connection, args.json) : int{args.exit_code}; });
    add_client(*alerts, args, "rules", "Every rule and how it stands", [&args] {
        args.rule = "rules";
        return run_alert_rules(args.connection, args.json);
    });
    CLI::App* preview = add_client(
        *alerts, args, "preview", "What a rule would have done in the past, and what of it nobody saw",
        [&args] { return run_alert_preview(args.connection, args.rule, args.over, args.json); });
    preview->add_option("rule", args.rule, "Its name")->required();
    preview->add_option("--over", args.over, "How far back")->capture_default_str();

    CLI::App* silence = add_client(app, args, "silence", "Keep some alerts from people for a while", [&args] {
        if (!args.silence_id.empty()) return int{args.exit_code};
        return args.silence.matchers.empty() ? run_silences(args.connection, args.json)
                                             : run_silence(args.connection, args.silence, args.json);
    });
    silence->add_option("--match", args.silence.matchers,
                        "Which: job=backup, agent=~\"build.*\"; all must fit");
    silence->add_option("--for", args.silence.length, "How long")->capture_default_str();
    silence->add_option("--reason", args.silence.reason, "Why; people will read it");
    add_client(*silence, args, "end", "End one now",
               [&args] { return run_end_silence(args.connection, args.silence_id); })
        ->add_option("silence", args.silence_id, "Its id")
        ->required();
}

void add_changes(CLI::App& app, Arguments& args) {
    CLI::App* changes =
        add_client(app, args, "changes", "What was changed lately, which a diagnosis names", [&args] {
            return args.what.empty() ? run_changes(args.connection, args.json) : int{args.exit_code};
        });
    CLI::App* add =
        add_client(*changes, args, "add", "Say that something was changed: a deploy, a restart",
                   [&args] { return run_add_change(args.connection, args.what, args.subject, args.json); });
    add->add_option("what", args.what, "In words: \"deployed web 1.4\"")->required();
    add->add_option("--about", args.subject, "Only this is concerned: job:NAME, agent:NAME");
}

// One thing to do to an incident.
CLI::App* add_incident_action(CLI::App& incidents, Arguments& args, const char* name, const char* action,
                              const char* help) {
    CLI::App* command = add_client(incidents, args, name, help, [&args, action] {
        return run_incident_action(args.connection, action, args.incident, args.json);
    });
    command->add_option("incident", args.incident.id, "Its id")->required();
    return command;
}

void add_incidents(CLI::App& app, Arguments& args) {
    CLI::App* incidents =
        add_client(app, args, "incidents", "What people have to deal with, by how much it matters", [&args] {
            return args.incident.id.empty() && args.subject.empty()
                       ? run_incidents(args.connection, args.state, args.json)
                       : int{args.exit_code};
        });
    incidents->add_option("--state", args.state, "unresolved, open, acknowledged or resolved")
        ->capture_default_str();
    CLI::App* show =
        add_client(*incidents, args, "show", "All of one: diagnosis, receipts, timeline",
                   [&args] { return run_incident(args.connection, args.incident.id, args.json); });
    show->add_option("incident", args.incident.id, "Its id")->required();
    add_incident_action(*incidents, args, "ack", "acknowledge", "Say that you have it");
    add_incident_action(*incidents, args, "hand-over", "hand_over", "Give it to somebody else")
        ->add_option("--to", args.incident.to, "Who")
        ->required();
    add_incident_action(*incidents, args, "note", "note", "Write something down")
        ->add_option("text", args.incident.text, "What")
        ->required();
    CLI::App* resolve = add_incident_action(*incidents, args, "resolve", "resolve", "Say that it is over");
    resolve->add_option("--why", args.incident.text, "Why");
    resolve->add_option("--judged", args.incident.judged,
                        "What it was after all: false_alarm, enhancement, degraded, blocked");
    add_incident_action(*incidents, args, "reopen", "reopen", "Say that it is not over")
        ->add_option("--why", args.incident.text, "Why");
    CLI::App* raise = add_incident_action(*incidents, args, "raise", "raise", "Say that it matters more");
    raise->add_option("severity", args.incident.severity, "warning or critical")->required();
    raise->add_option("--why", args.incident.text, "Who is affected, and how")->required();
    add_incident_action(*incidents, args, "separate", "separate",
                        "Take it out of the incident with the same cause, so that it is told by itself");
    add_incident_action(*incidents, args, "diagnose", "diagnose", "Look again");
    CLI::App* postmortem = add_client(*incidents, args, "postmortem", "A draft in Markdown",
                                      [&args] { return run_postmortem(args.connection, args.incident.id); });
    postmortem->add_option("incident", args.incident.id, "Its id")->required();
    CLI::App* run = add_client(*incidents, args, "run", "Run a runbook for it", [&args] {
        return run_runbook(args.connection, args.incident.id, args.runbook, args.is_dry_run, args.is_approved,
                           args.json);
    });
    run->add_option("incident", args.incident.id, "Its id")->required();
    run->add_option("runbook", args.runbook, "Its name")->required();
    run->add_flag("--dry-run", args.is_dry_run, "Only say what it would do");
    run->add_flag("--approve", args.is_approved, "Where it asks for a person's approval: given");
    add_client(*incidents, args, "statistics", "How long things took, and which rules are often wrong",
               [&args] {
                   args.subject = "statistics";
                   return run_incident_statistics(args.connection, args.json);
               });
    CLI::App* diagnose =
        add_client(app, args, "diagnose", "Look at everything that could tell how something is",
                   [&args] { return run_diagnose(args.connection, args.subject, args.json); });
    diagnose
        ->add_option("subject", args.subject,
                     "job:<name>, session:<id>, agent:<name>, source:<name>, route:<name>, probe:<name>")
        ->required();
}

void add_probes(CLI::App& app, Arguments& args) {
    CLI::App* probes = add_client(
        app, args, "probes", "Health checks that test an outcome: what passes, and what does not", [&args] {
            return args.probe.empty() ? run_probes(args.connection, args.json) : int{args.exit_code};
        });
    add_client(*probes, args, "list", "All of them", [&args] {
        args.probe = "list";
        return run_probes(args.connection, args.json);
    });
    auto add_one = [&](const char* name, const char* help, auto run) {
        add_client(*probes, args, name, help,
                   [&args, run] { return run(args.connection, args.probe, args.json); })
            ->add_option("probe", args.probe, "Its name")
            ->required();
    };
    add_one("show", "One, with what it saw last", run_probe_show);
    add_one("run", "Look now", run_probe_now);
}

void add_gateway(CLI::App& app, Arguments& args) {
    CLI::App* gateway = app.add_subcommand("gateway", "Calls to models: routes, targets and budgets");
    gateway->require_subcommand(1);
    add_client(*gateway, args, "status", "Every target: its state, speed and spend",
               [&args] { return run_gateway_status(args.connection, args.json); });
    add_client(*gateway, args, "test", "Send a real call of one token down each target", [&args] {
        return run_gateway_test(args.connection, args.model, args.json);
    })->add_option("route", args.model, "Only this route's targets");
    CLI::App* route = gateway->add_subcommand("route", "The way of a call");
    route->require_subcommand(1);
    CLI::App* explain = add_client(
        *route, args, "explain", "Which targets a call would try now, and in which order",
        [&args] { return run_gateway_explain(args.connection, args.model, args.prompt_tokens, args.json); });
    explain->add_option("model", args.model, "As a client would ask for it")->required();
    explain->add_option("--tokens", args.prompt_tokens, "About so many of input")
        ->check(CLI::Range(0, 100'000'000));
}

void add_local(CLI::App& app, Arguments& args) {
    add_client(app, args, "doctor", "Check what commonly goes wrong",
               [&args] { return run_doctor(args.connection, args.json); });
    CLI::App* config = app.add_subcommand("config", "The configuration file");
    config->require_subcommand(1);
    CLI::App* check = config->add_subcommand("check", "Report every problem of a file");
    check->add_option("file", args.config_path, "nightshift.yaml")->required();
    check->add_flag("--json", args.json, "Print as JSON");
    check->callback([&args] { args.exit_code = run_config_check(args.config_path, args.json); });
}

void add_demo(CLI::App& app, Arguments& args, const char* program) {
    std::error_code error;
    args.demo.program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) args.demo.program = program;
    CLI::App* demo = add_client(app, args, "demo",
                                "A small simulated fleet: real processes, real telemetry, faults included",
                                [&args] { return run_demo(args.connection, args.demo); });
    demo->add_option("--seconds", args.demo.seconds, "How long; 0 is until interrupted")
        ->capture_default_str();
    CLI::App* agent = add_client(app, args, "demo-agent", "One simulated agent", [&args] {
        return run_demo_agent(args.connection, args.role, args.demo.seconds);
    });
    agent->add_option("role", args.role, "Which")->required();
    agent->add_option("--seconds", args.demo.seconds, "How long; 0 is until interrupted");
    agent->group("");
}

void add_drill(CLI::App& app, Arguments& args) {
    args.drill.program = args.demo.program;
    CLI::App* drill = app.add_subcommand("drill", "Rehearse disasters in a sandbox, and score how they went");
    drill->add_option("drill", args.drill.names, "Which; default all");
    drill->add_flag("--list", args.lists, "Only say which there are");
    drill->add_flag("--json", args.json, "Print as JSON");
    drill->add_flag("--keep", args.drill.keeps, "Leave the sandboxes' folders, with their logs");
    drill->callback(
        [&args] { args.exit_code = args.lists ? list_drills(args.json) : run_drill(args.drill, args.json); });
}

}  // namespace

int run(int argc, char** argv) {
    CLI::App app("Nightshift: mission control for AI agents that work around the clock");
    app.set_version_flag("--version", std::string(app::kVersion));
    app.require_subcommand(1);
    app.footer("Exit codes: 0 ok, 1 the thing asked about is bad, 2 usage, 3 not authorised, 5 unreachable.");
    Arguments args;
    add_up(app, args);
    add_fleet(app, args);
    add_history(app, args);
    add_jobs(app, args);
    add_supervised(app, args);
    add_tokens(app, args);
    add_alerts(app, args);
    add_incidents(app, args);
    add_changes(app, args);
    add_probes(app, args);
    add_gateway(app, args);
    add_local(app, args);
    add_demo(app, args, argv[0]);
    add_drill(app, args);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        int code = app.exit(error);
        return code == 0 ? kOk : kUsage;
    }
    return args.exit_code;
}

}  // namespace nightshift::cli
