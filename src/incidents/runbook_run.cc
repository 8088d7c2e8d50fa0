#include "incidents/runbook_run.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <utility>

#include "incidents/document.h"
#include "incidents/limits.h"
#include "incidents/words.h"

namespace nightshift::incidents {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 7> kWords{"planned",      "running", "verifying", "helped",
                                                 "did_not_help", "refused", "failed"};

constexpr std::array<std::pair<RunState, RunState>, 6> kWays{{
    {RunState::kPlanned, RunState::kRunning},
    {RunState::kPlanned, RunState::kRefused},
    {RunState::kRunning, RunState::kVerifying},
    {RunState::kRunning, RunState::kFailed},
    {RunState::kVerifying, RunState::kHelped},
    {RunState::kVerifying, RunState::kDidNotHelp},
}};

json::value milliseconds_of(const std::optional<Time>& time) {
    if (!time) return nullptr;
    return unix_ms(*time);
}

}  // namespace

std::string_view to_string(RunState state) {
    return kWords[static_cast<size_t>(state)];
}

std::optional<RunState> parse_run_state(std::string_view word) {
    for (size_t i = 0; i < kWords.size(); ++i) {
        if (kWords[i] == word) return static_cast<RunState>(i);
    }
    return std::nullopt;
}

Result<void> move_to(RunbookRun& run, RunState state, std::string_view why, Time now) {
    bool is_way = false;
    for (const auto& [from, to] : kWays) is_way = is_way || (from == run.state && to == state);
    if (!is_way)
        return fail(Code::kConflict, "a run that is {} does not become {}", to_string(run.state),
                    to_string(state));
    run.state = state;
    run.why = cut(why, kTextBytesMax);
    if (state == RunState::kVerifying) run.acted = now;
    if (state != RunState::kRunning && state != RunState::kVerifying) run.ended = now;
    return {};
}

Entry entry_of(const RunbookRun& run, Time now) {
    std::string dry = run.is_dry_run ? " (dry run)" : "";
    std::string why = run.why.empty() ? "" : ": " + run.why;
    std::string by = run.approved_by.empty() ? "" : ", approved by " + run.approved_by;
    return {now, "action", "runbook " + run.runbook,
            fmt::format("{} on {}{}{}{}", to_string(run.state), run.target, dry, by, why),
            "runbook_run:" + run.id};
}

json::object show(const RunbookRun& run) {
    return {{"id", run.id},
            {"tenant", run.tenant},
            {"runbook", run.runbook},
            {"incident", run.incident},
            {"key", run.key},
            {"target", run.target},
            {"state", to_string(run.state)},
            {"is_dry_run", run.is_dry_run},
            {"approved_by", run.approved_by},
            {"why", run.why},
            {"planned_ms", unix_ms(run.planned)},
            {"acted_ms", milliseconds_of(run.acted)},
            {"ended_ms", milliseconds_of(run.ended)}};
}

Result<RunbookRun> parse_runbook_run(std::string_view document) {
    boost::system::error_code parse_error;
    json::value parsed = json::parse(document, parse_error);
    if (parse_error || !parsed.is_object()) return fail(Code::kCorrupt, "is no JSON object");
    std::optional<Error> error;
    Document in(parsed.get_object(), "", error);
    RunbookRun run;
    in.read("id", run.id);
    in.read("tenant", run.tenant);
    in.read("runbook", run.runbook);
    in.read("incident", run.incident);
    in.read("key", run.key);
    in.read("target", run.target);
    in.read_word("state", run.state, parse_run_state);
    in.read("is_dry_run", run.is_dry_run);
    in.read("approved_by", run.approved_by);
    in.read("why", run.why);
    in.read("planned_ms", run.planned);
    in.read("acted_ms", run.acted);
    in.read("ended_ms", run.ended);
    if (error) return Failure(*error);
    return run;
}

}  // namespace nightshift::incidents
