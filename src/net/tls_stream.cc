#include "net/tls_stream.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <vector>

#include "base/assert.h"
#include "io/condition.h"

namespace nightshift::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kRecordBytes = 16u << 10;  // the most one TLS record carries

Failure gone() {
    return fail(Code::kUnavailable, "the peer closed the connection");
}

}  // namespace

struct TlsContext::State {
    asio::ssl::context context{asio::ssl::context::tls_client};
};

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::create() {
    auto state = std::make_unique<State>();
    error_code error;
    state->context.set_default_verify_paths(error);
    if (error)
        return fail(Code::kIo, "cannot read the system's certificate authorities: {}", error.message());
    SSL_CTX_set_min_proto_version(state->context.native_handle(), TLS1_2_VERSION);
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(state)));
}

struct TlsStream::State {
    State(tcp::socket socket, std::shared_ptr<TlsContext> shared, asio::ssl::context& raw)
        : context(std::move(shared)), stream(std::move(socket), raw) {}

    std::shared_ptr<TlsContext> context;
    asio::ssl::stream<tcp::socket> stream;
    std::vector<char> buffer;
    Outbox outbox;
    io::Condition changed;
    bool is_open = true;
    bool is_sending = false;
    bool is_reading = false;
};

TlsStream::TlsStream(tcp::socket socket, std::shared_ptr<TlsContext> context) {
    asio::ssl::context& raw = context->state_->context;
    state_ = std::make_unique<State>(std::move(socket), std::move(context), raw);
}

TlsStream::~TlsStream() = default;

Task<Result<void>> TlsStream::handshake(std::string host) {
    State& state = *state_;
    SSL* ssl = state.stream.native_handle();
    error_code error;
    state.stream.set_verify_mode(asio::ssl::verify_peer, error);
    state.stream.set_verify_callback(asio::ssl::host_name_verification(host), error);
    asio::ip::make_address(host, error);
    bool is_name = static_cast<bool>(error);
    if (is_name) SSL_set_tlsext_host_name(ssl, host.c_str());

    auto [failure] = co_await state.stream.async_handshake(asio::ssl::stream_base::client,
                                                           asio::as_tuple(asio::use_awaitable));
    if (failure) {
        long verdict = SSL_get_verify_result(ssl);
        bool is_refused = verdict != X509_V_OK;
        co_return fail(Code::kUnavailable, "TLS with {} failed: {}", host,
                       is_refused ? X509_verify_cert_error_string(verdict) : failure.message());
    }
    state.buffer.resize(kRecordBytes);
    co_return Result<void>();
}

bool TlsStream::offer(SharedBytes bytes, size_t queued_bytes_max) {
    State& state = *state_;
    if (!state.is_open) return false;
    bool is_full = !state.outbox.is_empty() && state.outbox.bytes() + bytes->size() > queued_bytes_max;
    if (is_full) return false;
    state.outbox.push(std::move(bytes), Outbox::Wrap::kNone);
    send_queued();
    return true;
}

void TlsStream::send_queued() {
    State& state = *state_;
    if (state.is_sending || !state.is_open || state.outbox.is_empty()) return;
    state.is_sending = true;
    // gather() takes whole pieces of up to three parts; without chunk framing a piece is one part.
    std::array<iovec, 3> parts{};
    size_t count = state.outbox.gather(parts);
    NS_ASSERT(count > 0);
    auto sent = [self = shared_from_this()](const error_code& error, size_t bytes) {
        State& own = *self->state_;
        own.is_sending = false;
        if (error) return self->peer_gone();
        if (!own.is_open) return;
        own.outbox.advance(bytes);
        if (own.outbox.is_empty()) own.changed.notify_all();
        self->send_queued();
    };
    state.stream.async_write_some(asio::buffer(parts[0].iov_base, parts[0].iov_len), std::move(sent));
}

size_t TlsStream::queued_bytes() const {
    return state_->outbox.bytes();
}
bool TlsStream::is_open() const {
    return state_->is_open;
}

Task<Result<void>> TlsStream::drained() {
    auto self = shared_from_this();
    while (state_->is_open && !state_->outbox.is_empty()) co_await state_->changed.wait();
    if (!state_->is_open) co_return gone();
    co_return Result<void>();
}

Task<> TlsStream::closed() {
    auto self = shared_from_this();
    while (state_->is_open) {
        if (state_->is_reading) {
            co_await state_->changed.wait();
            continue;
        }
        Result<std::string_view> bytes = co_await read(kRecordBytes);
        if (!bytes || bytes->empty()) peer_gone();
    }
}

Task<Result<std::string_view>> TlsStream::read(size_t bytes_max) {
    auto self = shared_from_this();
    State& state = *state_;
    if (!state.is_open) co_return gone();
    NS_ASSERT(!state.is_reading);
    state.is_reading = true;
    auto room = asio::buffer(state.buffer.data(), std::min(bytes_max, state.buffer.size()));
    auto [error, count] = co_await state.stream.async_read_some(room, asio::as_tuple(asio::use_awaitable));
    state.is_reading = false;
    if (!error) co_return std::string_view(state.buffer.data(), count);
    if (error == asio::error::eof) co_return std::string_view();
    if (error == asio::error::operation_aborted && state.is_open)
        co_return fail(Code::kCancelled, "the read was cancelled");
    peer_gone();
    co_return gone();
}

// Whatever waits on the socket, even a record of TLS's own, ends the quiet: a new connection is cheap.
bool TlsStream::is_quiet() {
    State& state = *state_;
    char byte = 0;
    const int fd = state.stream.lowest_layer().native_handle();
    const ssize_t count = ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    const bool is_empty = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return state.is_open && is_empty && SSL_pending(state.stream.native_handle()) == 0;
}

void TlsStream::abort() {
    error_code ignored;
    state_->stream.lowest_layer().close(ignored);
    peer_gone();
}

// What is queued stays: a write under way still reads from it.
void TlsStream::peer_gone() {
    state_->is_open = false;
    state_->changed.notify_all();
}

}  // namespace nightshift::net
