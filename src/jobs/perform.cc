#include "jobs/perform.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/file.h"
#include "base/text.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/text_file.h"
#include "jobs/evidence/variables.h"
#include "jobs/fill.h"
#include "jobs/runner/http_call.h"
#include "jobs/words.h"

namespace nightshift::jobs {
namespace {

// Of the output this much is looked at for the summary and for intended silence.
constexpr size_t kOutputLookBytes = 256u << 10;
constexpr std::chrono::seconds kOutputLookTime{5};
constexpr std::chrono::seconds kKeeperSlack{2};

Execution never_began(std::string error, Time now) {
    Execution execution;
    execution.ended = now;
    execution.error = std::move(error);
    return execution;
}

// The end of the output, as valid UTF-8.
std::string summary_of(std::string_view output) {
    std::string text = to_valid_utf8(trim(output));
    if (text.size() <= kSummaryBytesMax) return text;
    size_t start = text.size() - kSummaryBytesMax;
    while (start < text.size() && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) ++start;
    return text.substr(start);
}

Occurrence about(const StartRun& start) {
    Occurrence occurrence;
    occurrence.key = start.key;
    occurrence.attempt = start.attempt;
    return occurrence;
}

bool matches(const std::string& pattern, const std::string& text) {
    RE2::Options options;
    options.set_log_errors(false);
    RE2 compiled(pattern, options);
    return compiled.ok() && RE2::PartialMatch(text, compiled);
}

}  // namespace

std::filesystem::path run_folder_of(const std::filesystem::path& folder, const OccurrenceKey& key,
                                    uint32_t attempt) {
    return folder / key.tenant / key.job / fmt::format("{}-{}", unix_us(key.nominal), attempt);
}

Result<int> remove_run_folders(const std::filesystem::path& folder, Time before) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<fs::path> old;
    fs::recursive_directory_iterator walk(folder, error);
    for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
        if (walk.depth() < 2) continue;
        walk.disable_recursion_pending();
        auto age = fs::file_time_type::clock::now() - fs::last_write_time(walk->path(), error);
        auto oldest = std::chrono::system_clock::now() - before;
        if (!error && age > oldest) old.push_back(walk->path());
    }
    for (const fs::path& each : old) fs::remove_all(each, error);
    return static_cast<int>(old.size());
}

Result<Command> Performer::command_of(const StartRun& start) const {
    Command command = std::get<Command>(start.job->action);
    evidence::Variables variables(parts_.environment);
    for (auto& [name, value] : command.environment) {
        NS_TRY(value, variables.expand(value));
    }
    // Nightshift itself stops it at its timeout; the keeper does when Nightshift is not there.
    command.limits.time = start.job->timeout + kKeeperSlack;
    if (command.folder.empty()) command.folder = parts_.environment("HOME").value_or("/");
    command.environment["NIGHTSHIFT_JOB"] = start.key.job;
    command.environment["NIGHTSHIFT_OCCURRENCE"] = occurrence_id(start.key);
    command.environment["NIGHTSHIFT_ATTEMPT"] = std::to_string(start.attempt);
    command.environment["NIGHTSHIFT_FENCE"] = std::to_string(start.fence);
    return command;
}

Task<std::optional<Execution>> Performer::perform(StartRun start, std::filesystem::path folder) {
    std::optional<Execution> execution;
    if (std::holds_alternative<Command>(start.job->action)) {
        execution = co_await perform_command(std::move(start), std::move(folder));
    } else {
        execution = co_await perform_request(std::move(start), std::move(folder));
    }
    co_return execution;
}

Task<std::optional<Execution>> Performer::perform_command(StartRun start, std::filesystem::path folder) {
    Result<std::unique_ptr<Process>> process = fail(Code::kNotFound, "not looked for yet");
    if (start.may_have_started) {
        process = Process::adopt(parts_.loop, folder);
        if (!process && process.error().code == Code::kNotFound) co_return std::nullopt;
    } else {
        auto command = command_of(start);
        if (!command) co_return never_began(command.error().message, parts_.clock.now());
        std::error_code made;
        std::filesystem::create_directories(folder.parent_path(), made);
        process = Process::start(parts_.loop, parts_.program, folder, *command);
        // Started already, by whoever: it is this attempt, and there is only one.
        if (!process && process.error().code == Code::kConflict)
            process = Process::adopt(parts_.loop, folder);
    }
    if (!process) co_return never_began(process.error().message, parts_.clock.now());
    std::shared_ptr<Process> running = std::move(*process);
    auto timed_out = std::make_shared<bool>(false);
    running_[start.key] = {running, timed_out};
    Execution execution = co_await running->wait();
    running_.erase(start.key);
    execution.timed_out = execution.timed_out || *timed_out;
    Execution finished = co_await finish(std::move(execution), start.job);
    co_return finished;
}

Task<std::optional<Execution>> Performer::perform_request(StartRun start, std::filesystem::path folder) {
    // A mark on disk before the request leaves: after a restart nobody can say whether it arrived.
    std::filesystem::path mark = folder / "sent";
    if (start.may_have_started) {
        if (!std::filesystem::exists(mark)) co_return std::nullopt;
        Execution lost;
        lost.started = lost.ended = parts_.clock.now();
        lost.lost = true;
        co_return lost;
    }
    std::error_code made;
    std::filesystem::create_directories(folder, made);
    if (auto marked = write_file_atomically(mark, "", 0600); !marked)
        co_return never_began(marked.error().message, parts_.clock.now());
    std::string silent_when = start.job->silent_when;
    Execution execution;
    if (std::holds_alternative<HttpAction>(start.job->action)) {
        execution = co_await perform_http(std::move(start));
    } else {
        execution = co_await perform_prompt(std::move(start));
    }
    execution.was_silent = !silent_when.empty() && matches(silent_when, execution.summary);
    co_return execution;
}

Task<Execution> Performer::perform_http(StartRun start) {
    HttpAction action = std::get<HttpAction>(start.job->action);
    action.body = fill(action.body, about(start), {});
    evidence::Variables variables(parts_.environment);
    auto url = variables.expand(action.url);
    if (!url) co_return never_began(url.error().message, parts_.clock.now());
    action.url = *url;
    for (auto& [name, value] : action.headers) {
        auto expanded = variables.expand(value);
        if (!expanded) co_return never_began(expanded.error().message, parts_.clock.now());
        value = *expanded;
    }
    action.headers["Idempotency-Key"] = occurrence_id(start.key);
    Execution execution = co_await call_http(std::move(action), start.job->timeout, parts_.clock);
    co_return execution;
}

Task<Execution> Performer::perform_prompt(StartRun start) {
    PromptAction action = std::get<PromptAction>(start.job->action);
    action.system = fill(action.system, about(start), {});
    action.prompt = fill(action.prompt, about(start), {});
    Result<PromptTarget> target = target_of(start.key.tenant, action);
    if (!target) co_return never_began(target.error().message, parts_.clock.now());
    Execution execution = co_await call_prompt(std::move(action), std::move(*target),
                                               occurrence_id(start.key), start.job->timeout, parts_.clock);
    co_return execution;
}

Result<PromptTarget> Performer::target_of(const std::string& tenant, const PromptAction& action) const {
    if (action.url.empty()) {
        if (!parts_.gateway)
            return fail(Code::kUnavailable, "no gateway is configured: the prompt needs a url");
        return parts_.gateway(tenant);
    }
    evidence::Variables variables(parts_.environment);
    NS_TRY(std::string url, variables.expand(action.url));
    NS_TRY(std::string key, variables.expand(action.key));
    return PromptTarget{std::move(url), Secret(std::move(key))};
}

// What the output says: its end, and whether it says that there was nothing to say.
Task<Execution> Performer::finish(Execution execution, JobPtr job) {
    if (execution.output_path.empty()) co_return execution;
    std::function<Result<Execution>()> read = [execution, job]() -> Result<Execution> {
        Execution with_summary = execution;
        auto until = std::chrono::steady_clock::now() + kOutputLookTime;
        NS_TRY(evidence::FileText text, evidence::read_end(execution.output_path, kOutputLookBytes, until));
        with_summary.summary = summary_of(text.text);
        with_summary.was_silent = !job->silent_when.empty() && matches(job->silent_when, text.text);
        return with_summary;
    };
    Result<Execution> seen = co_await parts_.pool.run<Execution>(std::move(read));
    co_return seen ? *seen : execution;
}

Task<> Performer::stop(StopRun stop) {
    auto found = running_.find(stop.key);
    if (found == running_.end()) co_return;
    Running running = found->second;
    *running.timed_out = stop.timed_out;
    co_await running.process->stop(stop.timed_out);
}

}  // namespace nightshift::jobs
