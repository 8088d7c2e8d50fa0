#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "incidents/runbook_run.h"
#include "incidents/types.h"

// What may be done about an incident without a person, and the guards that keep it from doing harm.
namespace nightshift::incidents {

enum class StepKind : uint8_t {
    kRestartAgent,
    kAbortSession,
    kOpenBreaker,
    kSwitchRoute,
    kPauseJob,
    kRerun,
    kCommand,
    kWebhook,
};
std::string_view to_string(StepKind kind);
std::optional<StepKind> parse_step_kind(std::string_view word);

struct RunbookStep {
    StepKind kind = StepKind::kWebhook;
    std::string target;                             // "" : the subject of the incident
    std::map<std::string, std::string> parameters;  // of the kind: url, command, route, ...
    std::chrono::seconds timeout{60};
};

// At most `count` in each `window`.
struct Rate {
    int count = 1;
    std::chrono::seconds window{3'600};
};

// Every condition must hold; an empty one does.
struct RunbookConditions {
    std::function<bool(const Incident&)> matches;
    Severity severity_min = Severity::kInfo;
    std::vector<Conclusion> conclusions;
};

struct Runbook {
    std::string name;
    RunbookConditions when;
    std::vector<RunbookStep> steps;
    bool is_dry_run = true;  // says what it would do; acting must be asked for
    bool needs_approval = false;
    Rate rate{10, std::chrono::seconds(3'600)};            // of all its runs
    Rate rate_per_target{2, std::chrono::seconds(3'600)};  // of those on one target
    Rate targets{3, std::chrono::seconds(3'600)};          // different targets: the blast radius
    int siblings_percent_max = 30;            // more are bad: a common cause, no target of its own
    std::chrono::seconds verify_within{300};  // the alert must clear by then
    int ineffective_max = 2;                  // acted so often, and it came back: it does not help
    std::chrono::seconds ineffective_window{24 * 3'600};
};

// "agent builder": what the runbook would act on. "" when it has no steps.
std::string target_of(const Runbook& runbook, const Incident& incident);

enum class Guard : uint8_t {
    kRun,
    kDryRun,       // everything allows it, and it is to say so only
    kAsk,          // a person must approve
    kRefuse,       // not now, not here; see why
    kVerifyAgain,  // it has acted; look whether the alert clears
    kEscalate,     // it did not help: a person must look
};
std::string_view to_string(Guard guard);

struct Decision {
    Guard guard = Guard::kRefuse;
    std::string why;

    friend bool operator==(const Decision&, const Decision&) = default;
};

// Whether the runbook may act on the incident now. `past`: the runs of all runbooks in its longest window,
// and those that have not ended; an approved one among them is the approval. Guards hold for approved runs
// too.
Decision decide(const Runbook& runbook, const Incident& incident, const std::vector<RunbookRun>& past,
                Time now);

// Whether a run that is verifying has helped: nothing while it is too early to tell. That a person resolved
// the incident proves nothing; the alert must clear.
std::optional<RunState> outcome_of(const RunbookRun& run, const Runbook& runbook, const Incident& incident,
                                   Time now);

}  // namespace nightshift::incidents
