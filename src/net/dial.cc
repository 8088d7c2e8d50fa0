#include "net/dial.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "io/completion.h"
#include "net/tcp_stream.h"
#include "net/tls_stream.h"

namespace nightshift::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kClientReadBytes = 64u << 10;
constexpr size_t kAddressesMax = 8;

struct Resolved {
    error_code error;
    std::vector<tcp::endpoint> endpoints;
    bool is_done = false;
};

Failure too_late(const Url& url) {
    return fail(Code::kTimeout, "{} port {} did not answer in time", url.host, url.port);
}

// A lookup blocks a thread of Asio's and cannot be interrupted, so it is left behind when the deadline
// passes.
Task<Result<std::vector<tcp::endpoint>>> resolve(const Url& url, Deadline& deadline) {
    error_code error;
    auto literal = asio::ip::make_address(url.host, error);
    if (!error) co_return std::vector{tcp::endpoint(literal, url.port)};
    if (url.host == "localhost") {
        co_return std::vector{tcp::endpoint(asio::ip::address_v4::loopback(), url.port),
                              tcp::endpoint(asio::ip::address_v6::loopback(), url.port)};
    }
    auto executor = co_await asio::this_coro::executor;
    auto resolver = std::make_shared<tcp::resolver>(executor);
    auto resolved = std::make_shared<Resolved>();
    io::Signal signal;
    auto done = [resolved, signal, resolver](const error_code& failure,
                                             const tcp::resolver::results_type& results) {
        resolved->error = failure;
        for (const auto& entry : results) {
            if (resolved->endpoints.size() < kAddressesMax) resolved->endpoints.push_back(entry.endpoint());
        }
        resolved->is_done = true;
        signal.wake();
    };
    resolver->async_resolve(url.host, std::to_string(url.port), std::move(done));
    deadline.set_action([signal] { signal.wake(); });
    co_await signal.wait();
    if (!resolved->is_done) {
        resolver->cancel();
        co_return too_late(url);
    }
    if (resolved->error) {
        co_return fail(Code::kUnavailable, "cannot find the address of {}: {}", url.host,
                       resolved->error.message());
    }
    co_return std::move(resolved->endpoints);
}

Task<Result<std::shared_ptr<tcp::socket>>> connect(const Url& url, Deadline& deadline) {
    auto executor = co_await asio::this_coro::executor;
    Result<std::vector<tcp::endpoint>> endpoints = co_await resolve(url, deadline);
    if (!endpoints) co_return Failure(endpoints.error());
    std::string reason = "it has no address";
    for (const tcp::endpoint& endpoint : *endpoints) {
        auto socket = std::make_shared<tcp::socket>(executor);
        deadline.set_action([socket] {
            error_code ignored;
            socket->close(ignored);
        });
        auto [error] = co_await socket->async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
        if (deadline.has_passed()) co_return too_late(url);
        if (!error) {
            socket->set_option(tcp::no_delay(true), error);
            co_return socket;
        }
        reason = error.message();
    }
    co_return fail(Code::kUnavailable, "cannot connect to {} port {}: {}", url.host, url.port, reason);
}

}  // namespace

struct Deadline::State {
    explicit State(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    std::function<void()> action;
    bool has_passed = false;
};

Deadline::Deadline(const asio::any_io_executor& executor, std::chrono::milliseconds after)
    : state_(std::make_shared<State>(executor)) {
    state_->timer.expires_after(after);
    state_->timer.async_wait([state = state_](const error_code& error) {
        if (error || state->timer.expiry() == asio::steady_timer::time_point::max()) return;
        state->has_passed = true;
        if (state->action) state->action();
    });
}

Deadline::~Deadline() {
    // Also stops a handler that is queued already.
    state_->action = nullptr;
    state_->timer.expires_at(asio::steady_timer::time_point::max());
}

void Deadline::set_action(std::function<void()> action) {
    state_->action = std::move(action);
    if (state_->has_passed) state_->action();
}

bool Deadline::has_passed() const {
    return state_->has_passed;
}

namespace {

constexpr size_t kProxyAnswerBytesMax = 16u << 10;

// Asks the proxy for a tunnel and reads its answer a byte at a time: what follows belongs to TLS.
Task<Result<void>> open_tunnel(tcp::socket& socket, const Url& url, const Url& proxy) {
    bool is_v6 = url.host.find(':') != std::string::npos;
    std::string host = fmt::format("{}{}{}:{}", is_v6 ? "[" : "", url.host, is_v6 ? "]" : "", url.port);
    std::string request = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n\r\n", host, host);
    auto [send_error, sent] =
        co_await asio::async_write(socket, asio::buffer(request), asio::as_tuple(asio::use_awaitable));
    std::string answer;
    error_code error = send_error;
    while (!error && !answer.ends_with("\r\n\r\n") && answer.size() < kProxyAnswerBytesMax) {
        char byte = 0;
        auto [read_error, count] =
            co_await socket.async_read_some(asio::buffer(&byte, 1), asio::as_tuple(asio::use_awaitable));
        error = read_error;
        if (!error) answer.append(&byte, count);
    }
    if (error) {
        co_return fail(Code::kUnavailable, "the proxy {} port {} broke the connection: {}", proxy.host,
                       proxy.port, error.message());
    }
    std::string_view status =
        std::string_view(answer).substr(std::min<size_t>(answer.find(' '), answer.size()));
    if (!status.starts_with(" 2")) {
        co_return fail(Code::kForbidden, "the proxy {} port {} refused {}: {:.100}", proxy.host, proxy.port,
                       host, answer.substr(0, answer.find('\r')));
    }
    co_return Result<void>();
}

}  // namespace

Task<Result<std::shared_ptr<Transport>>> dial(const Url& url, const std::optional<Url>& proxy,
                                              const DialShare& share, Deadline& deadline) {
    const Url& first = proxy ? *proxy : url;
    Result<std::shared_ptr<tcp::socket>> socket = co_await connect(first, deadline);
    if (!socket) co_return Failure(socket.error());
    const bool is_plain = url.scheme == "http" || url.scheme == "ws";
    if (is_plain) {
        auto buffer = share.buffer != nullptr ? share.buffer : std::make_shared<ReadBuffer>(kClientReadBytes);
        auto stream = std::make_shared<TcpStream>(std::move(**socket), std::move(buffer));
        deadline.set_action([stream] { stream->abort(); });
        co_return std::static_pointer_cast<Transport>(stream);
    }
    if (proxy) {
        Result<void> opened = co_await open_tunnel(**socket, url, *proxy);
        if (deadline.has_passed()) co_return too_late(url);
        if (!opened) co_return Failure(opened.error());
    }
    std::shared_ptr<TlsContext> context = share.tls;
    if (context == nullptr) {
        auto created = TlsContext::create();
        if (!created) co_return Failure(created.error());
        context = std::move(*created);
    }
    auto stream = std::make_shared<TlsStream>(std::move(**socket), std::move(context));
    deadline.set_action([stream] { stream->abort(); });
    Result<void> greeted = co_await stream->handshake(url.host);
    if (deadline.has_passed()) co_return too_late(url);
    if (!greeted) co_return Failure(greeted.error());
    co_return std::static_pointer_cast<Transport>(stream);
}

Task<Result<std::shared_ptr<Transport>>> dial(const Url& url, Deadline& deadline) {
    DialShare nothing;
    std::optional<Url> no_proxy;
    Result<std::shared_ptr<Transport>> dialed = co_await dial(url, no_proxy, nothing, deadline);
    co_return dialed;
}

}  // namespace nightshift::net
