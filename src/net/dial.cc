#include "net/dial.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
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

Task<Result<std::shared_ptr<Transport>>> dial(const Url& url, Deadline& deadline) {
    Result<std::shared_ptr<tcp::socket>> socket = co_await connect(url, deadline);
    if (!socket) co_return Failure(socket.error());
    if (url.scheme == "http" || url.scheme == "ws") {
        auto buffer = std::make_shared<ReadBuffer>(kClientReadBytes);
        auto stream = std::make_shared<TcpStream>(std::move(**socket), std::move(buffer));
        deadline.set_action([stream] { stream->abort(); });
        co_return std::static_pointer_cast<Transport>(stream);
    }
    auto stream = std::make_shared<TlsStream>(std::move(**socket));
    deadline.set_action([stream] { stream->abort(); });
    Result<void> greeted = co_await stream->handshake(url.host);
    if (deadline.has_passed()) co_return too_late(url);
    if (!greeted) co_return Failure(greeted.error());
    co_return std::static_pointer_cast<Transport>(stream);
}

}  // namespace nightshift::net
