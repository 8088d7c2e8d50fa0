// Stopping a session.
#include <boost/json.hpp>

#include "base/log.h"
#include "base/text.h"
#include "ingest/openclaw/answer.h"
#include "ingest/openclaw/client.h"
#include "ingest/openclaw/json.h"
#include "io/completion.h"

namespace nightshift::ingest::openclaw {

using recorder::Status;

namespace {

// Of the recorded name: without the gateway's, if it was put before the key.
std::string gateway_key(const Options& options, std::string session) {
    std::string prefix = options.name + "/";
    if (options.qualify_sessions && session.starts_with(prefix)) session.erase(0, prefix.size());
    return session;
}

Result<std::string> outcome(const CallAnswer& answer, const std::string& session) {
    const boost::json::object& payload = answer.frame.payload();
    std::string_view run = text(payload, "abortedRunId");
    bool is_aborted = text(payload, "status") == "aborted" || !run.empty() || flag(payload, "aborted");
    if (!is_aborted) return fail(Code::kNotFound, "nothing runs in {}", session);
    return run.empty() ? std::string("aborted") : fmt::format("aborted run {}", run);
}

}  // namespace

Task<Result<std::string>> Source::abort_session(std::string session_key, std::string reason) {
    std::function<void(std::function<void(Result<std::string>)>)> begin =
        [this, session_key, reason](std::function<void(Result<std::string>)> done) {
            auto answer = std::make_shared<Answer<std::string>>(std::move(done));
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
    ObjectWriter params;
    params.add("key", key);
    Result<CallAnswer> answer =
        co_await call_here({scope, "sessions.abort", params.take(), options_.call_deadline});
    if (answer) co_return outcome(*answer, key);
    // Runs that another client has started may be aborted by administrators only.
    Code code = answer.error().code == Code::kForbidden ? Code::kForbidden : Code::kUnavailable;
    co_return fail(code, "the gateway did not abort {}: {}", key, answer.error().message);
}

}  // namespace nightshift::ingest::openclaw
