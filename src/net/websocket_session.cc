#include "net/websocket_session.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/assert.h"
#include "base/random.h"

namespace nightshift::net {
namespace {

constexpr std::chrono::seconds kCloseWait(1);
constexpr size_t kReadBytes = 64u << 10;
constexpr size_t kUnansweredBytesMax = 1u << 20;  // a peer that pings and does not read is cut off

// Clears a flag when a coroutine leaves, also by cancellation.
struct Mark {
    explicit Mark(bool& target) : flag(target) { flag = true; }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() { flag = false; }
    bool& flag;
};

uint32_t fresh_mask() {
    std::string bytes = random_bytes(sizeof(uint32_t));
    uint32_t mask = 0;
    bytes.copy(reinterpret_cast<char*>(&mask), sizeof mask);
    return mask;
}

}  // namespace

SharedBytes encode_text_frame(std::string_view text) {
    return std::make_shared<const std::string>(encode_frame(Opcode::kText, text, std::nullopt));
}

WebSocketSession::WebSocketSession(std::shared_ptr<Transport> transport, WebSocketSide side,
                                   size_t message_bytes_max, std::string received)
    : transport_(std::move(transport)),
      side_(side),
      decoder_(side, message_bytes_max),
      inbox_(std::move(received)) {}

WebSocketSession::~WebSocketSession() {
    transport_->abort();
}

bool WebSocketSession::offer(SharedBytes bytes, size_t queued_bytes_max) {
    if (side_ == WebSocketSide::kClient || !is_open()) return false;
    return transport_->offer(std::move(bytes), queued_bytes_max);
}

bool WebSocketSession::send_frame(Opcode opcode, std::string_view payload) {
    std::optional<uint32_t> mask;
    if (side_ == WebSocketSide::kClient) mask = fresh_mask();
    auto frame = std::make_shared<const std::string>(encode_frame(opcode, payload, mask));
    return transport_->offer(std::move(frame), SIZE_MAX);
}

Failure WebSocketSession::ended() const {
    if (close_code_ == 1006)
        return fail(Code::kUnavailable, "the WebSocket's peer went without a close frame");
    return fail(Code::kUnavailable, "the WebSocket's peer closed with code {}: {}", close_code_,
                close_reason_);
}

void WebSocketSession::end() {
    if (is_ended_) return;
    is_ended_ = true;
    ended_.notify_all();
}

void WebSocketSession::send_close(uint16_t code, std::string_view reason) {
    if (is_close_sent_) return;
    send_frame(Opcode::kClose, encode_close(code, reason));
    is_close_sent_ = true;
}

void WebSocketSession::take_close(const WebSocketItem& item) {
    close_code_ = item.close_code;
    close_reason_ = item.data;
    send_close(item.close_code, "");
    end();
}

Task<Result<WebSocket::Message>> WebSocketSession::receive() {
    NS_ASSERT(!is_receiving_);
    Mark receiving(is_receiving_);
    Result<Message> message = co_await next_message();
    co_return message;
}

Task<Result<WebSocket::Message>> WebSocketSession::next_message() {
    std::string_view bytes = std::string_view(inbox_).substr(inbox_at_);
    bool is_from_inbox = true;
    while (!is_ended_) {
        auto item = decoder_.next(bytes);
        if (!item) {
            send_close(decoder_.failure_code(), item.error().message);
            end();
            co_return Failure(item.error());
        }
        if (*item && (*item)->opcode == Opcode::kClose) {
            take_close(**item);
        } else if (*item && (*item)->opcode == Opcode::kPing) {
            bool is_answerable = !is_close_sent_ && transport_->queued_bytes() < kUnansweredBytesMax;
            if (is_answerable) send_frame(Opcode::kPong, (*item)->data);
        } else if (*item && (*item)->opcode != Opcode::kPong) {
            // What follows is kept: the transport's bytes are not ours any more once this coroutine returns.
            if (!is_from_inbox) inbox_ = std::string(bytes);
            inbox_at_ = inbox_.size() - bytes.size();
            co_return Message{(*item)->opcode == Opcode::kText, std::move((*item)->data)};
        } else if (!*item) {
            std::string().swap(inbox_);
            inbox_at_ = 0;
            is_from_inbox = false;
            Result<std::string_view> read = co_await transport_->read(kReadBytes);
            if (!read && read.error().code == Code::kCancelled) co_return Failure(read.error());
            if (!read || read->empty()) {
                end();
                break;
            }
            bytes = *read;
        }
    }
    co_return ended();
}

Task<Result<void>> WebSocketSession::send_text(std::string_view text) {
    if (!is_open()) co_return ended();
    send_frame(Opcode::kText, text);
    auto transport = transport_;
    Result<void> sent = co_await transport->drained();
    co_return sent;
}

Task<Result<void>> WebSocketSession::send_ping() {
    if (!is_open()) co_return ended();
    send_frame(Opcode::kPing, "");
    auto transport = transport_;
    Result<void> sent = co_await transport->drained();
    co_return sent;
}

Task<> WebSocketSession::closed() {
    while (!is_ended_ && transport_->is_open()) {
        if (is_receiving_) {
            co_await ended_.wait();
        } else {
            Result<Message> forgotten = co_await receive();
            if (!forgotten) break;
        }
    }
    end();
}

Task<> WebSocketSession::close(uint16_t code, std::string_view reason) {
    send_close(code, reason);
    if (!is_ended_ && transport_->is_open()) {
        auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer deadline(executor, kCloseWait);
        deadline.async_wait([transport = transport_](const boost::system::error_code& error) {
            if (!error) transport->abort();
        });
        co_await closed();
        deadline.cancel();
    }
    if (transport_->queued_bytes() == 0) transport_->abort();
}

}  // namespace nightshift::net
