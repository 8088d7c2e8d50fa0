#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/task.h"
#include "jobs/engine.h"
#include "jobs/runner/process.h"
#include "jobs/runner/prompt_call.h"

namespace nightshift::jobs {

// Does the work of commands, HTTP calls and prompts, and finds it again after a restart. On one loop.
class Performer {
public:
    struct Parts {
        io::Loop& loop;
        io::Pool& pool;
        const Clock& clock;
        std::filesystem::path program;  // Nightshift itself, the keeper
        std::function<std::optional<std::string>(const std::string&)> environment;
        // Our own gateway, for a tenant's prompts that name no other; an error says why there is none.
        std::function<Result<PromptTarget>(const std::string& tenant)> gateway;
    };
    explicit Performer(Parts parts) : parts_(std::move(parts)) {}

    // How the attempt ended. Nothing: it may have been started before a restart, and was not; it is safe to
    // start it now. The command gets NIGHTSHIFT_JOB, _OCCURRENCE, _ATTEMPT and _FENCE besides the environment
    // it names.
    Task<std::optional<Execution>> perform(StartRun start, std::filesystem::path folder);
    // Ends a command that is being performed; a request ends by its own timeout.
    Task<> stop(StopRun stop);

private:
    Task<std::optional<Execution>> perform_command(StartRun start, std::filesystem::path folder);
    // A request whose answer may be lost with us: at most once.
    Task<std::optional<Execution>> perform_request(StartRun start, std::filesystem::path folder);
    Task<Execution> perform_http(StartRun start);
    Task<Execution> perform_prompt(StartRun start);
    Result<PromptTarget> target_of(const std::string& tenant, const PromptAction& action) const;
    Task<Execution> finish(Execution execution, JobPtr job);
    Result<Command> command_of(const StartRun& start) const;

    Parts parts_;
    struct Running {
        std::shared_ptr<Process> process;
        std::shared_ptr<bool> timed_out;
    };
    std::map<OccurrenceKey, Running> running_;
};

// Where the files of an attempt are: FOLDER/<tenant>/<job>/<time>-<attempt>.
std::filesystem::path run_folder_of(const std::filesystem::path& folder, const OccurrenceKey& key,
                                    uint32_t attempt);
// Removes run folders whose last change is before `before`; returns how many. Blocking.
Result<int> remove_run_folders(const std::filesystem::path& folder, Time before);

}  // namespace nightshift::jobs
