#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "incidents/types.h"

namespace nightshift::incidents {

// planned → running → verifying → helped or did_not_help; planned → refused; running → failed.
enum class RunState : uint8_t {
    kPlanned,     // also while it waits for an approval
    kRunning,     // its steps are taken
    kVerifying,   // they are, and the alert has yet to clear
    kHelped,      // the alert cleared in time
    kDidNotHelp,  // it did not
    kRefused,     // by a guard or a person, or because it was a dry run
    kFailed,      // a step failed
};
std::string_view to_string(RunState state);
std::optional<RunState> parse_run_state(std::string_view word);

// One use of a runbook on one target.
struct RunbookRun {
    std::string id;
    std::string tenant;
    std::string runbook;
    std::string incident;
    std::string key;     // of the incident's group: the same trouble again has the same
    std::string target;  // "agent builder"
    RunState state = RunState::kPlanned;
    bool is_dry_run = false;
    std::string approved_by;
    std::string why;  // of the state
    Time planned;
    std::optional<Time> acted;  // its steps were taken
    std::optional<Time> ended;

    friend bool operator==(const RunbookRun&, const RunbookRun&) = default;
};

// kConflict for a way that the states do not go.
Result<void> move_to(RunbookRun& run, RunState state, std::string_view why, Time now);

// What the timeline says of it; its ref is "runbook_run:<id>".
Entry entry_of(const RunbookRun& run, Time now);

// Times are Unix milliseconds or null.
boost::json::object show(const RunbookRun& run);
// kCorrupt for what is none; unknown members are ignored.
Result<RunbookRun> parse_runbook_run(std::string_view document);

}  // namespace nightshift::incidents
