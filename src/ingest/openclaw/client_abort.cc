// Stopping a session: the one thing the bridge may change, over a connection of its own.
#include <boost/json.hpp>

#include "base/log.h"
#include "base/text.h"
#include "ingest/openclaw/client.h"
#include "ingest/openclaw/json.h"
#include "io/completion.h"

namespace nightshift::ingest::openclaw {

using recorder::Status;

namespace {

// Answers once, also when the work that should have answered was cancelled.
class Answer {
public:
    explicit Answer(std::function<void(Result<std::string>)> done) : done_(std::move(done)) {}
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    ~Answer() { give(fail(Code::kCancelled, "the bridge was stopped")); }

    void give(Result<std::string> result) {
        if (!done_) return;
        auto done = std::exchange(done_, nullptr);
        done(std::move(result));
    }

private:
    std::function<void(Result<std::string>)> done_;
};

// Of the recorded name: without the gateway's, if it was put before the key.
std::string gateway_key(const Options& options, std::string session) {
    std::string prefix = options.name + "/";
    if (options.qualify_sessions && session.starts_with(prefix)) session.erase(0, prefix.size());
    return session;
}

Result<std::string> outcome(const Frame& answer, const std::string& session) {
    if (!answer.is_ok()) {
        RpcError error = answer.error();
        // Runs that another client has started may be aborted by administrators only.
        bool is_forbidden = error.message == "unauthorized" || error.code == "FORBIDDEN";
        return fail(is_forbidden ? Code::kForbidden : Code::kUnavailable,
                    "the gateway did not abort {}: {} {}", session, error.code, error.message);
    }
    std::string_view status = text(answer.payload(), "status");
    std::string_view run = text(answer.payload(), "abortedRunId");
    bool is_aborted = status == "aborted" || !run.empty() || flag(answer.payload(), "aborted");
    if (!is_aborted) return fail(Code::kNotFound, "nothing runs in {}", session);
    return run.empty() ? std::string("aborted") : fmt::format("aborted run {}", run);
}

}  // namespace

Task<Result<std::string>> Source::abort_session(std::string session_key, std::string reason) {
    std::function<void(std::function<void(Result<std::string>)>)> begin =
        [this, session_key, reason](std::function<void(Result<std::string>)> done) {
            auto answer = std::make_shared<Answer>(std::move(done));
            loop_.post([this, session_key, reason, answer] {
                std::function<Task<>()> work = [this, session_key, reason, answer] {
                    return abort_on_loop(session_key, reason, [answer](Result<std::string> result) {
                        answer->give(std::move(result));
                    });
                };
                tasks_.spawn(std::move(work));
            });
        };
    auto result = co_await io::completion<Result<std::string>>(std::move(begin));
    co_return result;
}

Task<> Source::abort_on_loop(std::string session_key, std::string reason,
                             std::function<void(Result<std::string>)> done) {
    std::string key = gateway_key(options_, std::move(session_key));
    // The least power first: writing is enough for what has no other owner.
    Result<std::string> result = co_await abort_with(Scope::kWrite, key);
    if (!result && result.error().code == Code::kForbidden) result = co_await abort_with(Scope::kAdmin, key);
    log::info("openclaw", "{}: abort of {} ({}): {}", source_name_, key, reason,
              result ? *result : result.error().message);
    done(std::move(result));
}

Task<Result<std::string>> Source::abort_with(Scope scope, std::string key) {
    constexpr size_t kAbortsMax = 16;
    if (aborting_.size() >= kAbortsMax) co_return fail(Code::kLimit, "{} aborts run already", kAbortsMax);
    ConnectionOptions options;
    options.url = options_.url;
    options.token = options_.token;
    options.scope = scope;
    auto place = aborting_.insert(aborting_.end(), std::make_unique<Connection>(loop_, std::move(options)));
    Connection& connection = **place;
    Result<std::string> result = fail(Code::kInternal, "not asked");
    Result<void> opened = co_await connection.open();
    if (opened) {
        ObjectWriter params;
        params.add("key", key);
        Result<Frame> answer =
            co_await connection.call("sessions.abort", params.take(), options_.call_deadline);
        result = answer ? outcome(*answer, key) : Result<std::string>(Failure(answer.error()));
    } else {
        result = Failure(opened.error());
    }
    co_await connection.stop();
    aborting_.erase(place);
    co_return result;
}

}  // namespace nightshift::ingest::openclaw
