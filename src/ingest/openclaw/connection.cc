#include "ingest/openclaw/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/log.h"

namespace nightshift::ingest::openclaw {

namespace asio = boost::asio;

namespace {

constexpr size_t kCallsMax = 64;  // that wait at one time
constexpr std::string_view kVersion = "0.1.0";

}  // namespace

// Something that is waited for, with a deadline.
struct Connection::Pending {
    explicit Pending(io::Loop& loop) : timer(loop.context(), asio::steady_timer::time_point::max()) {}

    void finish(std::optional<Frame> frame = std::nullopt) {
        is_done = true;
        answer = std::move(frame);
        timer.cancel();
    }

    // Returns when finish() was called, `deadline` has passed, or the waiter is cancelled.
    Task<> wait(std::optional<milliseconds> deadline) {
        if (is_done) co_return;
        if (deadline) timer.expires_after(*deadline);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    asio::steady_timer timer;
    std::optional<Frame> answer;
    bool is_done = false;
};

Connection::Connection(io::Loop& loop, ConnectionOptions options)
    : options_(std::move(options)),
      challenge_(std::make_shared<Pending>(loop)),
      closing_(std::make_shared<Pending>(loop)),
      tasks_(loop, "openclaw connection"),
      loop_(loop) {}

Connection::~Connection() = default;

Task<Result<void>> Connection::open() {
    net::WebSocketOptions socket_options;
    socket_options.message_bytes_max = kFrameBytesMax;
    std::string url = options_.url;
    auto connected = co_await net::connect_websocket(std::move(url), std::move(socket_options));
    if (!connected) {
        refusal_ = {connected.error(),
                    connected.error().code == Code::kUnavailable || connected.error().code == Code::kTimeout,
                    0};
        co_return Failure(connected.error());
    }
    socket_ = std::move(*connected);
    is_open_ = true;
    std::function<Task<>()> reader = [this] { return read(); };
    tasks_.spawn(std::move(reader));
    Result<void> shaken = co_await shake_hands();
    if (!shaken && refusal_.error.message.empty()) refusal_.error = shaken.error();
    co_return shaken;
}

Task<Result<void>> Connection::shake_hands() {
    std::shared_ptr<Pending> challenge = challenge_;
    co_await challenge->wait(options_.handshake_deadline);
    if (!is_open_) co_return fail(Code::kUnavailable, "{}: {}", options_.url, why_closed_);
    if (!challenge->is_done)
        co_return fail(Code::kTimeout,
                       "{}: connected, but no challenge came within {} ms: is it an OpenClaw gateway?",
                       options_.url, options_.handshake_deadline.count());
    std::string params = connect_params(options_.token, options_.scope, kVersion);
    Result<Frame> answer = co_await call("connect", std::move(params), options_.handshake_deadline);
    if (!answer) co_return Failure(answer.error());
    if (!answer->is_ok()) {
        refusal_ = explain_refusal(answer->error(), options_.url);
        co_return Failure(refusal_.error);
    }
    Result<Hello> hello = parse_hello(*answer, options_.scope);
    if (!hello) {
        refusal_ = {hello.error(), false, 0};
        co_return Failure(hello.error());
    }
    hello_ = std::move(*hello);
    co_return Result<void>();
}

Task<Result<Frame>> Connection::call(std::string method, std::string params, milliseconds deadline) {
    if (!is_open_) co_return fail(Code::kUnavailable, "{}: {}", method, why_closed_);
    if (pending_.size() >= kCallsMax) co_return fail(Code::kLimit, "{}: too many calls wait", method);
    std::string id = fmt::format("n{}", ++calls_);
    auto pending = std::make_shared<Pending>(loop_);
    pending_.emplace(id, pending);
    // Sending has no deadline of its own, so it runs beside the wait.
    auto request = std::make_shared<const std::string>(encode_request(id, method, params));
    std::function<Task<>()> sender = [this, request] { return send(request); };
    tasks_.spawn(std::move(sender));
    co_await pending->wait(deadline);
    pending_.erase(id);
    if (pending->answer) co_return std::move(*pending->answer);
    if (!is_open_) co_return fail(Code::kUnavailable, "{}: {}", method, why_closed_);
    co_return fail(Code::kTimeout, "{}: no answer within {} ms", method, deadline.count());
}

Task<> Connection::send(std::shared_ptr<const std::string> request) {
    Result<void> sent = co_await socket_->send_text(*request);
    if (!sent) log::debug("openclaw", "{}: a call was not sent: {}", options_.url, sent.error().message);
}

Task<> Connection::read() {
    while (true) {
        auto message = co_await socket_->receive();
        if (!message) {
            end(message.error().message);
            co_return;
        }
        if (!message->is_text) continue;
        Result<Frame> frame = Frame::parse(message->data);
        if (!frame) {
            log::warn("openclaw", "{}: {}", options_.url, frame.error().message);
            continue;
        }
        if (frame->type() == Frame::Type::kResponse) {
            auto waiting = pending_.find(frame->id());
            if (waiting != pending_.end()) waiting->second->finish(std::move(*frame));
        } else if (frame->type() == Frame::Type::kEvent && frame->event() == "connect.challenge") {
            challenge_->finish();
        } else if (frame->type() == Frame::Type::kEvent && options_.on_event) {
            co_await options_.on_event(std::move(*frame));
        }
    }
}

void Connection::end(std::string why) {
    if (!is_open_) return;
    is_open_ = false;
    why_closed_ = std::move(why);
    challenge_->finish();
    for (auto& [id, pending] : pending_) pending->finish();
    closing_->finish();
}

Task<> Connection::closed() {
    std::shared_ptr<Pending> closing = closing_;
    while (is_open_) co_await closing->wait(std::nullopt);
}

Task<> Connection::stop() {
    co_await tasks_.stop();
    end("closed by us");
    if (socket_ && socket_->is_open()) co_await socket_->close(1000, "bye");
    socket_.reset();
}

}  // namespace nightshift::ingest::openclaw
