// Calls over a connection of their own: what may change something, or take long.
#include "ingest/openclaw/answer.h"
#include "ingest/openclaw/client.h"
#include "io/completion.h"

namespace nightshift::ingest::openclaw {
namespace {

constexpr size_t kCallsMax = 64;

bool is_forbidden(const RpcError& error) {
    return error.code == "FORBIDDEN" || error.message == "unauthorized" ||
           error.message.starts_with("missing scope");
}

}  // namespace

Task<Result<CallAnswer>> Source::call(Request request) {
    std::function<void(std::function<void(Result<CallAnswer>)>)> begin =
        [this, request](std::function<void(Result<CallAnswer>)> done) {
            auto answer = std::make_shared<Answer<CallAnswer>>(std::move(done));
            loop_.post([this, request, answer] {
                std::function<Task<>()> work = [this, request, answer] { return call_for(request, answer); };
                tasks_.spawn(std::move(work));
            });
        };
    auto result = co_await io::completion<Result<CallAnswer>>(std::move(begin));
    co_return result;
}

Task<> Source::call_for(Request request, std::shared_ptr<Answer<CallAnswer>> answer) {
    Result<CallAnswer> result = co_await call_here(std::move(request));
    answer->give(std::move(result));
}

Task<Result<CallAnswer>> Source::call_here(Request request) {
    if (calling_.size() >= kCallsMax) co_return fail(Code::kLimit, "{} calls run already", kCallsMax);
    ConnectionOptions options;
    options.url = options_.url;
    options.token = options_.token;
    options.scope = request.scope;
    auto place = calling_.insert(calling_.end(), std::make_unique<Connection>(loop_, std::move(options)));
    Connection& connection = **place;
    Result<CallAnswer> result = fail(Code::kInternal, "not asked");
    Result<void> opened = co_await connection.open();
    if (!opened) {
        bool is_refused = opened.error().code == Code::kForbidden;
        result = fail(is_refused ? Code::kForbidden : Code::kUnavailable, "{}", opened.error().message);
    } else {
        // Before the call, which may take long: the gateway said its age when it let us in.
        int64_t started_ms = unix_ms(clock_.now()) - connection.hello().uptime_ms;
        Result<Frame> frame = co_await connection.call(request.method, request.params, request.deadline);
        if (!frame) {
            result = fail(Code::kTimeout, "{} was asked, and not answered: {}", request.method,
                          frame.error().message);
        } else if (RpcError error = frame->error(); !frame->is_ok()) {
            result = fail(is_forbidden(error) ? Code::kForbidden : Code::kInvalid,
                          "the gateway refused {}: {} {}", request.method, error.code, error.message);
        } else {
            result = CallAnswer{*frame, connection.hello().boot_id, started_ms};
        }
    }
    co_await connection.stop();
    calling_.erase(place);
    co_return result;
}

}  // namespace nightshift::ingest::openclaw
