#include "app/runbook_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/alert_config.h"

namespace nightshift::app {
namespace {

using incidents::Rate;
using incidents::Runbook;
using incidents::StepKind;

void read_step(ConfigReader& in, Runbook& runbook) {
    incidents::RunbookStep step;
    std::string kind;
    in.choice("do", kind,
              {"restart_agent", "abort_session", "open_breaker", "switch_route", "pause_job", "rerun",
               "command", "webhook"});
    in.text("target", step.target);
    in.texts_by_name("with", step.parameters);
    in.duration("timeout", step.timeout);
    auto parsed = incidents::parse_step_kind(kind);
    if (!parsed) return in.complain("a step says what to do: restart_agent, abort_session, webhook, ...");
    step.kind = *parsed;
    auto needs = [&](const char* parameter) {
        if (!step.parameters.contains(parameter))
            in.complain(fmt::format("a step {} needs `with: {{{}: …}}`", kind, parameter));
    };
    if (step.kind == StepKind::kCommand) needs("command");
    if (step.kind == StepKind::kWebhook) needs("url");
    if (step.timeout < seconds(1) || step.timeout > seconds(3600))
        in.complain("timeout is between 1s and 1h");
    runbook.steps.push_back(std::move(step));
}

void read_rate(ConfigReader& in, std::string_view key, Rate& rate) {
    in.section(key, [&](ConfigReader& section) {
        int64_t count = rate.count;
        section.integer("count", count, 1, 10'000);
        section.duration("per", rate.window);
        rate.count = static_cast<int>(count);
    });
}

void read_conditions(ConfigReader& in, Runbook& runbook) {
    alerts::Matchers matchers;
    read_matchers(in, "match", matchers);
    runbook.when.matches = [matchers](const incidents::Incident& incident) {
        return alerts::match_all(matchers, incident.labels);
    };
    std::string severity = "info";
    in.choice("severity", severity, {"info", "warning", "critical"});
    runbook.when.severity_min = parse_severity(severity).value_or(Severity::kInfo);
    std::vector<std::string> conclusions;
    in.texts("conclusions", conclusions);
    for (const std::string& each : conclusions) {
        auto conclusion = incidents::parse_conclusion(each);
        if (!conclusion) in.complain_at("conclusions", fmt::format("{:.40} is no conclusion", each));
        if (conclusion) runbook.when.conclusions.push_back(*conclusion);
    }
    if (matchers.empty()) in.complain("a runbook needs match: which incidents it is for");
}

}  // namespace

void read_runbook(ConfigReader& in, Config& config) {
    Runbook runbook;
    in.text("name", runbook.name);
    read_conditions(in, runbook);
    in.list("steps", [&](ConfigReader& item) { read_step(item, runbook); });
    in.boolean("dry_run", runbook.is_dry_run);
    in.boolean("approval", runbook.needs_approval);
    read_rate(in, "rate", runbook.rate);
    read_rate(in, "rate_per_target", runbook.rate_per_target);
    read_rate(in, "targets", runbook.targets);
    int64_t siblings = runbook.siblings_percent_max;
    in.integer("siblings_percent_max", siblings, 0, 100);
    runbook.siblings_percent_max = static_cast<int>(siblings);
    in.duration("verify_within", runbook.verify_within);
    if (runbook.name.empty()) in.complain("a runbook needs a name");
    if (runbook.steps.empty()) in.complain(fmt::format("runbook {} has no steps", runbook.name));
    bool is_twice = std::any_of(config.runbooks.begin(), config.runbooks.end(),
                                [&](const Runbook& each) { return each.name == runbook.name; });
    if (is_twice) in.complain(fmt::format("two runbooks have the name {}", runbook.name));
    config.runbooks.push_back(std::move(runbook));
}

}  // namespace nightshift::app
