#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/openclaw_note.h"
#include "base/clock.h"
#include "ingest/openclaw/client.h"
#include "jobs/engine.h"

namespace nightshift::app {

// Does the work of jobs that OpenClaw gateways run: a turn of an agent, a run of a cron job. Nothing is
// started twice: a turn is asked for under one key, and a question that may have arrived is resolved by
// reading back. On one loop.
class OpenclawWork {
public:
    using Source = ingest::openclaw::Source;
    // The bridge of that name (empty: the only one) of a tenant; an error says which there are.
    using FindSource = std::function<Result<Source*>(const std::string& tenant, const std::string& name)>;
    OpenclawWork(FindSource find, const Clock& clock) : find_(std::move(find)), clock_(clock) {}

    // How the attempt ended. Nothing: it may have been asked for before a restart, and was not. `folder` is
    // the attempt's own.
    Task<std::optional<jobs::Execution>> perform(jobs::StartRun start, std::filesystem::path folder);
    // Ends a turn that is being performed. A cron job's run goes on at its gateway; we stop waiting for it.
    Task<> stop(jobs::StopRun stop);

private:
    struct Attempt;
    using AttemptPtr = std::shared_ptr<Attempt>;

    Task<jobs::Execution> turn(AttemptPtr attempt);
    // "" when the turn is on its way; else why it is not.
    Task<std::string> ask_for_turn(AttemptPtr attempt);
    Task<bool> was_asked(AttemptPtr attempt);
    Task<jobs::Execution> wait_for_turn(AttemptPtr attempt);
    Task<> read_session(AttemptPtr attempt, jobs::Execution& execution);
    Task<jobs::Execution> cron_run(AttemptPtr attempt);
    Task<std::string> ask_for_run(AttemptPtr attempt);
    // Nothing: there is no record of it yet.
    Task<Result<std::optional<jobs::Execution>>> find_run(AttemptPtr attempt);

    FindSource find_;
    const Clock& clock_;
    std::map<jobs::OccurrenceKey, AttemptPtr> running_;
};

}  // namespace nightshift::app
