#include "net/tcp_stream.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/assert.h"

namespace nightshift::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr size_t kPartsMax = 64;    // of one sendmsg
constexpr int kEagerReadsMax = 16;  // then the loop's other connections have their turn

Failure gone() {
    return fail(Code::kUnavailable, "the peer closed the connection");
}

// Clears a flag when a coroutine leaves, also by cancellation.
struct Mark {
    explicit Mark(bool& target) : flag(target) { flag = true; }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() { flag = false; }
    bool& flag;
};

}  // namespace

TcpStream::TcpStream(tcp::socket socket, std::shared_ptr<ReadBuffer> buffer)
    : socket_(std::move(socket)), buffer_(std::move(buffer)) {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
}

TcpStream::~TcpStream() = default;

size_t TcpStream::send_now(std::span<iovec> parts) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS) peer_gone();
    return 0;
}

bool TcpStream::offer(SharedBytes bytes, size_t queued_bytes_max) {
    return offer_wrapped(std::move(bytes), queued_bytes_max, Outbox::Wrap::kNone);
}

bool TcpStream::offer_wrapped(SharedBytes bytes, size_t queued_bytes_max, Outbox::Wrap wrap) {
    if (!is_open_) return false;
    const bool is_waiting = !outbox_.is_empty() && !is_held_;
    if (is_waiting && outbox_.bytes() + bytes->size() > queued_bytes_max) return false;
    if (outbox_.is_empty() && wrap == Outbox::Wrap::kNone) {
        send({}, bytes);
        return is_open_;
    }
    outbox_.push(std::move(bytes), wrap);
    if (!is_waiting) send_outbox();
    return is_open_;
}

void TcpStream::send(std::string_view head, const SharedBytes& body) {
    if (!is_open_) return;
    size_t sent = 0;
    if (outbox_.is_empty()) {
        std::array<iovec, 2> parts = {iovec{const_cast<char*>(head.data()), head.size()}, iovec{}};
        if (body != nullptr) parts[1] = {const_cast<char*>(body->data()), body->size()};
        sent = send_now(std::span(parts.data(), body != nullptr ? 2 : 1));
        if (!is_open_) return;
    }
    if (sent < head.size()) {
        outbox_.push(std::make_shared<const std::string>(head.substr(sent)), Outbox::Wrap::kNone);
        sent = head.size();
    }
    size_t body_sent = sent - head.size();
    if (body != nullptr && body_sent < body->size()) {
        outbox_.push(body, Outbox::Wrap::kNone);
        outbox_.advance(body_sent);
    }
    if (is_held_) return send_outbox();
    send_queued();
}

void TcpStream::hold(std::string head) {
    if (!is_open_) return;
    is_held_ = outbox_.is_empty();
    outbox_.push(std::make_shared<const std::string>(std::move(head)), Outbox::Wrap::kNone);
}

void TcpStream::send_outbox() {
    is_held_ = false;
    std::array<iovec, kPartsMax> parts;
    size_t count = outbox_.gather(parts);
    if (count > 0) outbox_.advance(send_now(std::span(parts.data(), count)));
    if (is_open_) send_queued();
}

void TcpStream::send_queued() {
    if (is_sending_ || outbox_.is_empty()) return;
    is_sending_ = true;
    socket_.async_wait(tcp::socket::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->is_sending_ = false;
                           if (!error) self->on_writable();
                       });
}

void TcpStream::on_writable() {
    if (!is_open_) return;
    send_outbox();
    if (is_open_ && outbox_.is_empty()) changed_.notify_all();
}

// Only marks it: closing the descriptor is left to the owner, whose reader may wait on it.
void TcpStream::peer_gone() {
    is_open_ = false;
    outbox_.clear();
    changed_.notify_all();
}

Task<Result<void>> TcpStream::drained() {
    auto self = shared_from_this();
    if (is_held_) send_outbox();
    while (is_open_ && !outbox_.is_empty()) co_await changed_.wait();
    if (!is_open_) co_return gone();
    co_return Result<void>();
}

Task<> TcpStream::closed() {
    auto self = shared_from_this();
    while (is_open_) {
        if (is_reading_) {
            co_await changed_.wait();
            continue;
        }
        Result<std::string_view> bytes = co_await read(buffer_->size());
        if (!bytes || bytes->empty()) peer_gone();
    }
}

Task<Result<std::string_view>> TcpStream::read(size_t bytes_max) {
    NS_ASSERT(!is_reading_);
    Mark reading(is_reading_);
    size_t wanted = std::min(bytes_max, buffer_->size());
    while (is_open_) {
        if (eager_reads_ == 0) {
            auto [error] =
                co_await socket_.async_wait(tcp::socket::wait_read, asio::as_tuple(asio::use_awaitable));
            if (error == asio::error::operation_aborted && is_open_)
                co_return fail(Code::kCancelled, "the read was cancelled");
            if (error || !is_open_) break;
        }
        ssize_t count = ::recv(socket_.native_handle(), buffer_->data(), wanted, MSG_DONTWAIT);
        bool is_filled = count == static_cast<ssize_t>(wanted);
        eager_reads_ = is_filled && eager_reads_ < kEagerReadsMax ? eager_reads_ + 1 : 0;
        if (count >= 0) co_return std::string_view(buffer_->data(), static_cast<size_t>(count));
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) peer_gone();
    }
    co_return gone();
}

void TcpStream::abort() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    peer_gone();
}

bool TcpStream::is_quiet() {
    char byte = 0;
    ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return is_open_ && count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void TcpStream::watch(std::function<void()> on_gone) {
    if (!is_open_) return;
    on_gone_ = std::move(on_gone);
    if (is_watching_) return;
    is_watching_ = true;
    // Afterwards: who has asked first does what the client waits for.
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->wait_for_watched(); });
}

void TcpStream::wait_for_watched() {
    if (!is_open_ || !on_gone_) {
        is_watching_ = false;
        return;
    }
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->is_watching_ = false;
                           if (!error) self->on_watched();
                       });
}

void TcpStream::on_watched() {
    if (!is_open_ || !on_gone_) return;
    char byte = 0;
    ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    const bool is_early = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    if (is_early) {
        is_watching_ = true;
        return wait_for_watched();
    }
    if (count > 0) return;
    auto on_gone = std::exchange(on_gone_, nullptr);
    peer_gone();
    on_gone();
}

void TcpStream::shutdown_send() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void TcpStream::discard_input() {
    if (!is_open_) return;
    is_reading_ = true;
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (!error) self->on_discardable();
                       });
}

void TcpStream::on_discardable() {
    if (!is_open_) return;
    ssize_t count = ::recv(socket_.native_handle(), buffer_->data(), buffer_->size(), MSG_DONTWAIT);
    bool is_retry = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    if (count > 0 || is_retry) {
        discard_input();
    } else {
        peer_gone();
    }
}

}  // namespace nightshift::net
