#include "alerts/defaults.h"

#include "base/assert.h"

namespace nightshift::alerts {
namespace {

// A rule as a line of the table below.
struct Line {
    const char* name;
    SignalKind on;
    const char* where;
    Threshold threshold;
    HoldPolicy hold;
    std::optional<Severity> severity;
    const char* summary;
    const char* description;
};

const Line kLines[] = {
    {"session_failed",
     SignalKind::kSession,
     R"(state="failed")",
     {},
     {.resolve_after = seconds(60)},
     Severity::kWarning,
     "{{agent}} failed in session {{session}}: {{says}}",
     "A session ended in an error, or its agent gave up."},
    {"session_looping",
     SignalKind::kLoop,
     "",
     {},
     {.resolve_after = seconds(120)},
     Severity::kCritical,
     "{{agent}} goes in circles in session {{session}}: {{says}}",
     "A session repeats itself and spends tokens without getting on."},
    {"session_stalled",
     SignalKind::kSession,
     R"(state="stalled")",
     {},
     {.hold = seconds(300)},
     Severity::kWarning,
     "{{agent}} has stopped in session {{session}}: {{says}}",
     "A session does nothing, though its rhythm says that it should."},
    {"agent_offline",
     SignalKind::kAgent,
     R"(state="offline")",
     {},
     {.hold = seconds(120), .resolve_after = seconds(30)},
     Severity::kWarning,
     "{{agent}} is offline: {{says}}",
     "An agent is gone against expectation."},
    {"job_missed",
     SignalKind::kJob,
     R"(verdict="missed")",
     {},
     {},
     Severity::kWarning,
     "{{job}} was missed: {{says}}",
     "A planned occurrence never started."},
    {"job_failed",
     SignalKind::kJob,
     R"(verdict="failed")",
     {},
     {},
     Severity::kWarning,
     "{{job}} failed: {{says}}",
     "An occurrence was tried and did not succeed."},
    {"job_contradicted",
     SignalKind::kJob,
     R"(verdict="contradicted")",
     {},
     {},
     Severity::kWarning,
     "{{job}} says it is done, and evidence says otherwise: {{says}}",
     "Somebody claims that the work was done; evidence contradicts it."},
    {"job_late",
     SignalKind::kJob,
     R"(verdict="late")",
     {},
     {},
     Severity::kInfo,
     "{{job}} was late: {{says}}",
     "The work was done and verified, after its deadline."},
    {"job_done",
     SignalKind::kJob,
     R"(verdict="verified")",
     {},
     {.flap_changes = 0},
     Severity::kInfo,
     "{{job}} is done: {{says}}",
     "Work was done, and evidence says so."},
    {"budget_near",
     SignalKind::kBudget,
     "",
     {.above = 0.8},
     {.resolve_after = seconds(60)},
     Severity::kWarning,
     "{{limit}} of {{subject}} is {{says}}",
     "A budget or limit is nearly used up."},
    {"route_down",
     SignalKind::kRoute,
     R"(standing="down")",
     {},
     {.hold = seconds(10), .resolve_after = seconds(30)},
     Severity::kCritical,
     "no provider answers {{route}}: {{says}}",
     "Nobody on the fallback chain of a model would answer a call."},
    {"route_degraded",
     SignalKind::kRoute,
     R"(standing="degraded")",
     {},
     {.hold = seconds(60), .resolve_after = seconds(60)},
     Severity::kWarning,
     "{{route}} has fallen back: {{says}}",
     "A provider of a model's chain does not answer; others do."},
    {"source_silent",
     SignalKind::kSource,
     R"(state="unreachable")",
     {},
     {.hold = seconds(60), .resolve_after = seconds(30)},
     Severity::kWarning,
     "{{source}} cannot be reached: {{says}}",
     "We are blind to the agents that this source tells of."},
    {"disk_filling",
     SignalKind::kResource,
     R"(resource="disk")",
     {.above = 0.9},
     {.hold = seconds(60), .resolve_after = seconds(120)},
     Severity::kWarning,
     "the disk is filling: {{says}}",
     "The disk of the data folder has little room left."},
    {"nightshift_failing",
     SignalKind::kPart,
     "",
     {},
     {.hold = seconds(30), .resolve_after = seconds(30)},
     Severity::kCritical,
     "Nightshift itself: {{part}}: {{says}}",
     "A part of Nightshift cannot do its work; what it shows may be old."},
    {"channel_failing",
     SignalKind::kChannel,
     R"(state="failing")",
     {},
     {.hold = seconds(30), .resolve_after = seconds(60)},
     Severity::kWarning,
     "messages do not arrive over {{channel}}: {{says}}",
     "The last messages over a channel have no receipt: those who rely on it hear nothing."},
    // It goes on failing when nobody can look any more.
    {"probe_failing",
     SignalKind::kProbe,
     R"(last="failing")",
     {},
     {},
     Severity::kWarning,
     "{{probe}} fails: {{says}}",
     "A health check that tests an outcome says that it is not there."},
    {"probe_silent",
     SignalKind::kProbe,
     R"(state=~"stale|unknown", last!="failing")",
     {},
     {.hold = seconds(600), .resolve_after = seconds(30)},
     Severity::kWarning,
     "nobody can tell how {{probe}} is: {{says}}",
     "A health check has said nothing for long, or cannot be made: that is no good news."},
};

}  // namespace

std::vector<RulePtr> default_rules() {
    std::vector<RulePtr> rules;
    for (const Line& line : kLines) {
        auto rule = std::make_shared<Rule>();
        rule->name = line.name;
        rule->description = line.description;
        rule->on = line.on;
        Result<Matchers> where = parse_matchers(line.where);
        NS_ASSERT(where.has_value());
        rule->where = std::move(*where);
        rule->threshold = line.threshold;
        rule->hold = line.hold;
        rule->severity = line.severity;
        rule->summary = line.summary;
        rule->is_default = true;
        NS_ASSERT(check_rule(*rule).has_value());
        rules.push_back(std::move(rule));
    }
    return rules;
}

Route default_route() {
    Route route;
    route.name = "default";
    route.options.group_by = {"alertname", "job",  "session",  "agent",   "source", "route",   "limit",
                              "subject",   "part", "resource", "channel", "probe",  "provider"};
    return route;
}

}  // namespace nightshift::alerts
