#include "app/openclaw_work.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "base/log.h"
#include "base/text.h"
#include "ingest/openclaw/json.h"
#include "io/loop.h"
#include "jobs/fill.h"

namespace nightshift::app {

namespace json = boost::json;
namespace openclaw = ingest::openclaw;
using jobs::Execution;
using openclaw::CallAnswer;
using openclaw::Scope;

namespace {

constexpr milliseconds kAskDeadline{30'000};
constexpr milliseconds kWait{20'000};           // of one question whether a turn ended
constexpr milliseconds kAskAgain{2'000};        // after a gateway was not reached
constexpr milliseconds kLookAgain{3'000};       // for the record of a cron job's run
constexpr milliseconds kClockSlack{5'000};      // between a gateway's clock and ours
constexpr std::chrono::seconds kStopGrace{15};  // for a turn that was aborted
constexpr int64_t kMessagesMax = 200;
constexpr int64_t kRunsMax = 20;

std::string summary_of(std::string_view text) {
    return std::string(truncate_utf8(to_valid_utf8(text), jobs::kSummaryBytesMax));
}

// Whether the gateway said no; else it was not reached, or did not answer.
bool is_refusal(const Error& error) {
    return error.code == Code::kInvalid || error.code == Code::kForbidden;
}

std::string session_of(const jobs::AgentAction& action, const jobs::OccurrenceKey& key) {
    if (action.session.starts_with("agent:")) return action.session;
    std::string agent = action.agent.empty() ? "main" : action.agent;
    if (!action.session.empty()) return fmt::format("agent:{}:{}", agent, action.session);
    // Its own for each occurrence: what it used and said is then exactly what the session holds.
    return fmt::format("agent:{}:nightshift:{}:{}", agent, key.job, unix_ms(key.nominal));
}

// The text of a message, whose content is a text or a list of blocks.
std::string text_of(const json::object& message) {
    const json::value* content = message.if_contains("content");
    if (content == nullptr) return "";
    if (content->is_string()) return std::string(content->get_string());
    std::string all;
    for (const json::value& block : openclaw::items(message, "content"))
        all += openclaw::text(openclaw::as_object(block), "text");
    return all;
}

// When the gateway asked for the run of a cron job, by its own clock: "manual:<job>:<ms>:<n>".
int64_t asked_ms_of(const OpenclawNote& note) {
    std::vector<std::string_view> parts = split(note.run_id, ':');
    auto asked = parts.size() >= 2 ? parse_int(parts[parts.size() - 2]) : std::nullopt;
    return asked ? *asked : note.asked_ms - kClockSlack.count();
}

}  // namespace

struct OpenclawWork::Attempt {
    Source* source = nullptr;
    jobs::StartRun start;
    std::filesystem::path note_path;
    OpenclawNote note;
    bool may_have_been_asked = false;  // and no answer came
    bool is_stopping = false;
    bool timed_out = false;
    Time stop_until;

    const jobs::AgentAction& agent() const { return std::get<jobs::AgentAction>(start.job->action); }
    const jobs::CronRunAction& cron() const { return std::get<jobs::CronRunAction>(start.job->action); }

    Execution ended(Time now, std::string error) const {
        Execution execution;
        execution.started = from_unix_ms(note.asked_ms);
        execution.ended = now;
        execution.timed_out = timed_out;
        // It was asked for, and what became of it is not known: nobody may say that it did not run.
        execution.lost = !timed_out && (note.was_answered() || may_have_been_asked);
        if (!execution.lost) execution.error = std::move(error);
        return execution;
    }

    // What agent.wait says of a turn that is over.
    Execution ended_turn(const json::object& payload) const {
        Execution execution;
        int64_t ended_ms = openclaw::number(payload, "endedAt");
        execution.started = from_unix_ms(openclaw::number(payload, "startedAt", note.asked_ms));
        execution.ended = from_unix_ms(ended_ms);
        execution.timed_out = timed_out;
        execution.summary = summary_of(openclaw::text(openclaw::child(payload, "terminalReply"), "text"));
        std::string_view status = openclaw::text(payload, "status");
        execution.error = openclaw::text(payload, "error");
        if (execution.error.empty() && status != "ok")
            execution.error = fmt::format("the turn ended with status {}", status);
        // The old era calls a turn that ran into its timeout ok, and blocked.
        if (execution.error.empty() && openclaw::text(payload, "livenessState") == "blocked")
            execution.error = "the gateway says that the turn ended well, and that it is blocked";
        return execution;
    }

    // What cron.runs says of a run.
    Execution ended_run(const json::object& record) const {
        Execution execution;
        int64_t run_ms = openclaw::number(record, "runAtMs", note.asked_ms);
        execution.started = from_unix_ms(run_ms);
        execution.ended = from_unix_ms(openclaw::number(record, "ts", run_ms));
        execution.summary = summary_of(openclaw::text(record, "summary"));
        std::string_view status = openclaw::text(record, "status");
        std::string_view error = openclaw::text(record, "error");
        if (status != "ok")
            execution.error =
                fmt::format("the run ended with status {}{}{}", status, error.empty() ? "" : ": ", error);
        const json::object& usage = openclaw::child(record, "usage");
        for (std::string_view kind :
             {"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"})
            execution.tokens += static_cast<uint64_t>(std::max<int64_t>(openclaw::number(usage, kind), 0));
        return execution;
    }
};

Task<std::optional<Execution>> OpenclawWork::perform(jobs::StartRun start, std::filesystem::path folder) {
    auto attempt = std::make_shared<Attempt>();
    attempt->start = start;
    attempt->note_path = folder / "asked";
    attempt->note.asked_ms = unix_ms(clock_.now());
    bool is_turn = std::holds_alternative<jobs::AgentAction>(start.job->action);
    auto source = find_(start.key.tenant, is_turn ? attempt->agent().source : attempt->cron().source);
    if (!source) co_return attempt->ended(clock_.now(), source.error().message);
    attempt->source = *source;
    std::optional<OpenclawNote> known = OpenclawNote::read(attempt->note_path);
    if (start.may_have_started && !known) co_return std::nullopt;
    if (known) {
        attempt->note = *known;
        attempt->may_have_been_asked = !known->was_answered();
    } else {
        if (is_turn) {
            attempt->note.run_id = fmt::format("nightshift:{}:{}#{}", start.key.tenant,
                                               jobs::occurrence_id(start.key), start.attempt);
            attempt->note.session = session_of(attempt->agent(), start.key);
        }
        std::error_code made;
        std::filesystem::create_directories(folder, made);
        if (auto written = attempt->note.write(attempt->note_path); !written)
            co_return attempt->ended(clock_.now(), written.error().message);
    }
    running_[start.key] = attempt;
    Execution execution;
    if (is_turn) {
        execution = co_await turn(attempt);
    } else {
        execution = co_await cron_run(attempt);
    }
    running_.erase(start.key);
    co_return execution;
}

Task<> OpenclawWork::stop(jobs::StopRun stop) {
    auto found = running_.find(stop.key);
    if (found == running_.end()) co_return;
    AttemptPtr attempt = found->second;
    attempt->is_stopping = true;
    attempt->timed_out = stop.timed_out;
    attempt->stop_until = clock_.now() + kStopGrace;
    if (attempt->note.session.empty()) co_return;
    // What became of it is seen by whoever waits for the turn.
    Result<std::string> aborted =
        co_await attempt->source->abort_session(attempt->note.session, "stopped by Nightshift");
    std::ignore = aborted;
}

// --- a turn of an agent ---

Task<Execution> OpenclawWork::turn(AttemptPtr attempt) {
    if (!attempt->note.was_answered()) {
        std::string refused = co_await ask_for_turn(attempt);
        if (!refused.empty()) co_return attempt->ended(clock_.now(), std::move(refused));
    }
    Execution execution = co_await wait_for_turn(attempt);
    if (!execution.lost) co_await read_session(attempt, execution);
    co_return execution;
}

Task<std::string> OpenclawWork::ask_for_turn(AttemptPtr attempt) {
    const jobs::AgentAction& action = attempt->agent();
    jobs::Occurrence about;
    about.key = attempt->start.key;
    about.attempt = attempt->start.attempt;
    openclaw::ObjectWriter params;
    params.add("message", jobs::fill(action.message, about, {}));
    params.add("agentId", action.agent);
    params.add("sessionKey", attempt->note.session);
    params.add("idempotencyKey", attempt->note.run_id);
    params.add_flag("deliver", false);
    params.add_number("timeout", attempt->start.job->timeout.count());
    std::string request = params.take();
    for (;;) {
        if (attempt->may_have_been_asked && co_await was_asked(attempt)) co_return "";
        Result<CallAnswer> answer =
            co_await attempt->source->call({Scope::kWrite, "agent", request, kAskDeadline});
        if (answer) {
            attempt->note.answered_by(*answer);
            // A turn that is asked for again under the same key is the same turn: a note that cannot be
            // written loses nothing.
            std::ignore = attempt->note.write(attempt->note_path);
            co_return "";
        }
        if (is_refusal(answer.error())) co_return answer.error().message;
        if (answer.error().code == Code::kTimeout) attempt->may_have_been_asked = true;
        if (attempt->is_stopping) co_return answer.error().message;
        co_await io::sleep_for(kAskAgain);
    }
}

// Whether the gateway has the question already: by the session, which outlives its process.
Task<bool> OpenclawWork::was_asked(AttemptPtr attempt) {
    openclaw::ObjectWriter params;
    params.add("sessionKey", attempt->note.session);
    params.add_number("limit", kMessagesMax);
    Result<CallAnswer> answer =
        co_await attempt->source->call({Scope::kRead, "chat.history", params.take(), kAskDeadline});
    if (!answer) co_return false;
    for (const json::value& each : openclaw::items(answer->frame.payload(), "messages")) {
        const json::object& message = openclaw::as_object(each);
        bool is_ours = openclaw::text(message, "role") == "user" &&
                       openclaw::number(message, "timestamp") >= attempt->note.asked_ms - kClockSlack.count();
        if (is_ours) co_return true;
    }
    co_return false;
}

Task<Execution> OpenclawWork::wait_for_turn(AttemptPtr attempt) {
    openclaw::ObjectWriter params;
    params.add("runId", attempt->note.run_id);
    params.add_number("timeoutMs", kWait.count());
    std::string request = params.take();
    for (;;) {
        Result<CallAnswer> answer =
            co_await attempt->source->call({Scope::kWrite, "agent.wait", request, kWait + kAskDeadline});
        if (answer) {
            const json::object& payload = answer->frame.payload();
            std::string_view status = openclaw::text(payload, "status");
            bool has_ended =
                openclaw::has(payload, "endedAt") || (status != "timeout" && status != "pending");
            if (has_ended) co_return attempt->ended_turn(payload);
            // The process that ran it is gone, and the run with it.
            if (attempt->note.is_other_process(*answer)) co_return attempt->ended(clock_.now(), "");
        } else if (is_refusal(answer.error())) {
            co_return attempt->ended(clock_.now(), answer.error().message);
        } else {
            co_await io::sleep_for(kAskAgain);
        }
        if (attempt->is_stopping && clock_.now() > attempt->stop_until)
            co_return attempt->ended(clock_.now(), "it did not end when it was told to");
    }
}

// What the turn used and cost, and what it answered when agent.wait did not say.
Task<> OpenclawWork::read_session(AttemptPtr attempt, Execution& execution) {
    openclaw::ObjectWriter params;
    params.add("sessionKey", attempt->note.session);
    params.add_number("limit", kMessagesMax);
    Result<CallAnswer> answer =
        co_await attempt->source->call({Scope::kRead, "chat.history", params.take(), kAskDeadline});
    if (!answer) co_return;
    std::string last;
    for (const json::value& each : openclaw::items(answer->frame.payload(), "messages")) {
        const json::object& message = openclaw::as_object(each);
        bool is_ours = openclaw::text(message, "role") == "assistant" &&
                       openclaw::number(message, "timestamp") >= attempt->note.asked_ms - kClockSlack.count();
        if (!is_ours) continue;
        const json::object& usage = openclaw::child(message, "usage");
        for (std::string_view kind : {"input", "output", "cacheRead", "cacheWrite"})
            execution.tokens += static_cast<uint64_t>(std::max<int64_t>(openclaw::number(usage, kind), 0));
        execution.cost_nano_usd +=
            std::llround(openclaw::real(openclaw::child(usage, "cost"), "total") * 1e9);
        if (std::string text = text_of(message); !text.empty()) last = std::move(text);
    }
    if (execution.summary.empty()) execution.summary = summary_of(last);
}

// --- a run of a cron job ---

Task<Execution> OpenclawWork::cron_run(AttemptPtr attempt) {
    if (!attempt->note.was_answered() && !attempt->may_have_been_asked) {
        std::string refused = co_await ask_for_run(attempt);
        if (!refused.empty()) co_return attempt->ended(clock_.now(), std::move(refused));
    }
    for (;;) {
        Result<std::optional<Execution>> execution = co_await find_run(attempt);
        if (!execution && is_refusal(execution.error())) {
            log::warn("app", "what became of {} cannot be read: {}", jobs::occurrence_id(attempt->start.key),
                      execution.error().message);
            co_return attempt->ended(clock_.now(), execution.error().message);
        }
        if (execution && *execution) co_return **execution;
        if (attempt->is_stopping)
            co_return attempt->ended(clock_.now(),
                                     "the gateway has no record of it yet, and it may still run there");
        co_await io::sleep_for(kLookAgain);
    }
}

// Asks once: a run has no key by which asking twice would be asking once.
Task<std::string> OpenclawWork::ask_for_run(AttemptPtr attempt) {
    openclaw::ObjectWriter params;
    params.add("id", attempt->cron().id);
    params.add("mode", "force");
    std::string request = params.take();
    for (;;) {
        Result<CallAnswer> answer =
            co_await attempt->source->call({Scope::kAdmin, "cron.run", request, kAskDeadline});
        if (answer) {
            const json::object& payload = answer->frame.payload();
            if (!openclaw::flag(payload, "enqueued"))
                co_return fmt::format("the gateway did not run it: {}", openclaw::text(payload, "reason"));
            attempt->note.run_id = openclaw::text(payload, "runId");
            attempt->note.answered_by(*answer);
            // Without it, a restart finds the run by its time.
            std::ignore = attempt->note.write(attempt->note_path);
            co_return "";
        }
        if (is_refusal(answer.error())) co_return answer.error().message;
        if (answer.error().code == Code::kTimeout) {
            attempt->may_have_been_asked = true;
            co_return "";
        }
        if (attempt->is_stopping) co_return answer.error().message;
        co_await io::sleep_for(kAskAgain);
    }
}

Task<Result<std::optional<Execution>>> OpenclawWork::find_run(AttemptPtr attempt) {
    openclaw::ObjectWriter params;
    params.add("scope", "job");
    params.add("id", attempt->cron().id);
    params.add_number("limit", kRunsMax);
    Result<CallAnswer> answer =
        co_await attempt->source->call({Scope::kRead, "cron.runs", params.take(), kAskDeadline});
    if (!answer) co_return Failure(answer.error());
    for (const json::value& each : openclaw::items(answer->frame.payload(), "entries")) {
        const json::object& record = openclaw::as_object(each);
        std::string_view run = openclaw::text(record, "runId");
        // The old era, and records written after a crash, name no run.
        bool is_ours = run.empty() || attempt->note.run_id.empty()
                           ? openclaw::number(record, "runAtMs") >= asked_ms_of(attempt->note)
                           : run == attempt->note.run_id;
        if (is_ours) co_return std::optional<Execution>(attempt->ended_run(record));
    }
    co_return std::optional<Execution>();
}

}  // namespace nightshift::app
