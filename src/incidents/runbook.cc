#include "incidents/runbook.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

constexpr std::array<std::string_view, 8> kKinds{"restart_agent", "abort_session", "open_breaker",
                                                 "switch_route",  "pause_job",     "rerun",
                                                 "command",       "webhook"};
constexpr std::array<std::string_view, 6> kGuards{"run",    "dry_run",      "ask",
                                                  "refuse", "verify_again", "escalate"};

// What the guards look at.
struct Case {
    const Runbook& runbook;
    const Incident& incident;
    const std::vector<RunbookRun>& past;
    Time now;
    std::string target;
};

using Verdict = std::optional<Decision>;  // nothing: the next guard decides

// It touched its target, or is about to.
bool has_acted(const RunbookRun& run) {
    return !run.is_dry_run && run.state != RunState::kPlanned && run.state != RunState::kRefused;
}

bool is_within(const RunbookRun& run, std::chrono::seconds window, Time now) {
    return run.acted.value_or(run.planned) > now - window;
}

int count_acted(const Case& c, std::chrono::seconds window, bool on_target_only) {
    auto counts = [&](const RunbookRun& run) {
        return has_acted(run) && run.runbook == c.runbook.name && is_within(run, window, c.now) &&
               (!on_target_only || run.target == c.target);
    };
    return static_cast<int>(std::count_if(c.past.begin(), c.past.end(), counts));
}

Verdict check_conditions(const Case& c) {
    const RunbookConditions& when = c.runbook.when;
    if (c.target.empty()) return Decision{Guard::kRefuse, "it has no steps"};
    if (c.incident.state == State::kResolved) return Decision{Guard::kRefuse, "the incident is resolved"};
    if (c.incident.is_suppressed)
        return Decision{Guard::kRefuse, "the alert is suppressed: " + c.incident.suppressed_why};
    if (c.incident.severity < when.severity_min)
        return Decision{Guard::kRefuse, fmt::format("it is for {} and worse", to_string(when.severity_min))};
    if (!when.conclusions.empty()) {
        if (!c.incident.diagnosis) return Decision{Guard::kRefuse, "it is not diagnosed yet"};
        Conclusion conclusion = c.incident.diagnosis->conclusion;
        if (std::find(when.conclusions.begin(), when.conclusions.end(), conclusion) == when.conclusions.end())
            return Decision{Guard::kRefuse, fmt::format("it is not for what is {}", to_string(conclusion))};
    }
    if (when.matches && !when.matches(c.incident))
        return Decision{Guard::kRefuse, "it is not for this incident"};
    return std::nullopt;
}

// What goes on already, on this incident or this target.
Verdict check_running(const Case& c) {
    for (const RunbookRun& run : c.past) {
        bool is_mine = run.runbook == c.runbook.name && run.incident == c.incident.id;
        bool is_on = run.state == RunState::kRunning || run.state == RunState::kVerifying;
        if (is_mine && run.state == RunState::kVerifying) {
            auto outcome = outcome_of(run, c.runbook, c.incident, c.now);
            if (outcome == RunState::kDidNotHelp) return Decision{Guard::kEscalate, "did not help"};
            return Decision{Guard::kVerifyAgain, "it has acted, and the alert has yet to clear"};
        }
        if (is_on && run.target == c.target)
            return Decision{Guard::kRefuse,
                            fmt::format("runbook {} is at work on {}", run.runbook, run.target)};
    }
    return std::nullopt;
}

// What was done and did not help is not done again and again.
Verdict check_effect(const Case& c) {
    int again = 0;
    for (const RunbookRun& run : c.past) {
        bool is_same = run.runbook == c.runbook.name && run.key == c.incident.key && !run.is_dry_run &&
                       is_within(run, c.runbook.ineffective_window, c.now);
        if (!is_same) continue;
        if (run.state == RunState::kDidNotHelp && run.incident == c.incident.id)
            return Decision{Guard::kEscalate, "did not help"};
        if (run.state == RunState::kHelped || run.state == RunState::kDidNotHelp) ++again;
    }
    if (again < c.runbook.ineffective_max) return std::nullopt;
    return Decision{
        Guard::kEscalate,
        fmt::format("did not help: it acted {} in {}, and the trouble came back",
                    count(static_cast<uint64_t>(again), "time"), span(c.runbook.ineffective_window))};
}

Verdict check_storm(const Case& c) {
    auto affected = c.incident.diagnosis ? c.incident.diagnosis->affected_percent : std::nullopt;
    if (!affected) return Decision{Guard::kAsk, "nobody can tell how many others are affected"};
    if (*affected <= c.runbook.siblings_percent_max) return std::nullopt;
    return Decision{Guard::kRefuse,
                    fmt::format("{} % of its kind are bad, more than {} %: look for a common cause",
                                *affected, c.runbook.siblings_percent_max)};
}

Verdict check_radius(const Case& c) {
    std::set<std::string> targets;
    for (const RunbookRun& run : c.past) {
        if (has_acted(run) && run.runbook == c.runbook.name &&
            is_within(run, c.runbook.targets.window, c.now))
            targets.insert(run.target);
    }
    bool is_new = !targets.contains(c.target);
    if (!is_new || static_cast<int>(targets.size()) < c.runbook.targets.count) return std::nullopt;
    return Decision{Guard::kRefuse,
                    fmt::format("it acted on {} in {}; no more", count(targets.size(), "target"),
                                span(c.runbook.targets.window))};
}

Verdict check_rate(const Case& c) {
    if (count_acted(c, c.runbook.rate.window, false) >= c.runbook.rate.count)
        return Decision{Guard::kRefuse, fmt::format("at most {} in {}",
                                                    count(static_cast<uint64_t>(c.runbook.rate.count), "run"),
                                                    span(c.runbook.rate.window))};
    const Rate& each = c.runbook.rate_per_target;
    if (count_acted(c, each.window, true) >= each.count)
        return Decision{Guard::kRefuse,
                        fmt::format("at most {} on {} in {}", count(static_cast<uint64_t>(each.count), "run"),
                                    c.target, span(each.window))};
    return std::nullopt;
}

bool is_approved(const Case& c) {
    return std::any_of(c.past.begin(), c.past.end(), [&](const RunbookRun& run) {
        return run.runbook == c.runbook.name && run.incident == c.incident.id && run.target == c.target &&
               run.state == RunState::kPlanned && !run.approved_by.empty();
    });
}

}  // namespace

std::string_view to_string(StepKind kind) {
    return kKinds[static_cast<size_t>(kind)];
}

std::optional<StepKind> parse_step_kind(std::string_view word) {
    for (size_t i = 0; i < kKinds.size(); ++i) {
        if (kKinds[i] == word) return static_cast<StepKind>(i);
    }
    return std::nullopt;
}

std::string_view to_string(Guard guard) {
    return kGuards[static_cast<size_t>(guard)];
}

std::string target_of(const Runbook& runbook, const Incident& incident) {
    if (runbook.steps.empty()) return "";
    const std::string& given = runbook.steps.front().target;
    return given.empty() ? incident.subject.kind + " " + incident.subject.name : given;
}

Decision decide(const Runbook& runbook, const Incident& incident, const std::vector<RunbookRun>& past,
                Time now) {
    Case facts{runbook, incident, past, now, target_of(runbook, incident)};
    if (Verdict no = check_conditions(facts)) return *no;
    if (Verdict no = check_running(facts)) return *no;
    if (Verdict no = check_effect(facts)) return *no;
    Verdict storm = check_storm(facts);
    if (storm && storm->guard == Guard::kRefuse) return *storm;
    if (Verdict no = check_radius(facts)) return *no;
    if (Verdict no = check_rate(facts)) return *no;
    if (runbook.is_dry_run) return {Guard::kDryRun, "it would act on " + facts.target};
    bool approved = is_approved(facts);
    if (storm && !approved) return *storm;
    if (runbook.needs_approval && !approved)
        return {Guard::kAsk, "it needs an approval to act on " + facts.target};
    return {Guard::kRun, "it acts on " + facts.target};
}

std::optional<RunState> outcome_of(const RunbookRun& run, const Runbook& runbook, const Incident& incident,
                                   Time now) {
    if (run.state != RunState::kVerifying || !run.acted) return std::nullopt;
    if (incident.firing == 0) return RunState::kHelped;
    if (now - *run.acted >= runbook.verify_within) return RunState::kDidNotHelp;
    return std::nullopt;
}

}  // namespace nightshift::incidents
