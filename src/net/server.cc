#include "net/server.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "base/assert.h"
#include "base/log.h"
#include "io/blocking.h"
#include "io/periodic.h"
#include "net/connection.h"
#include "net/problem.h"

namespace nightshift::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// A reconnect storm waits in the kernel instead of being refused; net.core.somaxconn may say less.
constexpr int kBacklog = 16'384;
// Listening sockets of an address, each with such a queue, so that one loop alone takes 5,000 at once.
constexpr size_t kListenersMin = 4;
constexpr int kAcceptsPerTurn = 256;        // then the loop's connections have theirs
constexpr int kUnsentBytesMax = 256 << 10;  // what the kernel buffers for a reader that does not read
constexpr std::chrono::milliseconds kAcceptPause(100);

template <int kLevel, int kName>
void set_option(int fd, int value) {
    // Failing only costs efficiency.
    (void)::setsockopt(fd, kLevel, kName, &value, sizeof value);
}

void tune(tcp::socket& socket) {
    int fd = socket.native_handle();
    set_option<IPPROTO_TCP, TCP_NODELAY>(fd, 1);
    set_option<IPPROTO_TCP, TCP_NOTSENT_LOWAT>(fd, kUnsentBytesMax);
    set_option<SOL_SOCKET, SO_KEEPALIVE>(fd, 1);
    set_option<IPPROTO_TCP, TCP_KEEPIDLE>(fd, 60);
    set_option<IPPROTO_TCP, TCP_KEEPINTVL>(fd, 15);
    set_option<IPPROTO_TCP, TCP_KEEPCNT>(fd, 4);
}

Result<tcp::endpoint> resolve(const Address& address) {
    std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
    error_code error;
    auto ip = asio::ip::make_address(host, error);
    if (error) return fail(Code::kInvalid, "{} is no IP address to listen on", address.host);
    return tcp::endpoint(ip, address.port);
}

// `is_shared`: with SO_REUSEPORT, as every loop's socket has it. Without, the bind fails when anybody has the
// port.
Result<tcp::acceptor> listen(asio::io_context& context, const tcp::endpoint& endpoint, bool is_shared) {
    tcp::acceptor acceptor(context);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && is_shared) set_option<SOL_SOCKET, SO_REUSEPORT>(acceptor.native_handle(), 1);
    if (!error) acceptor.bind(endpoint, error);
    if (!error && is_shared) acceptor.listen(kBacklog, error);
    // So that accepting all who wait ends when nobody does, and never waits itself.
    if (!error) acceptor.non_blocking(true, error);
    if (!error) acceptor.set_option(tcp::acceptor::enable_connection_aborted(true), error);
    if (error) {
        return fail(Code::kIo, "cannot listen on {} port {}: {}", endpoint.address().to_string(),
                    endpoint.port(), error.message());
    }
    return acceptor;
}

Peer make_peer(const tcp::endpoint& remote, int listener) {
    auto address = remote.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return Peer{address.to_string(), address.is_loopback(), listener};
}

}  // namespace

Response Handler::refuse(const RequestHead&, int status, std::string_view reason) const {
    return render(Problem{.status = status, .detail = reason});
}

struct Server::State {
    // One listening socket of one loop.
    struct Listener {
        ServerLoop* loop;
        tcp::acceptor acceptor;
        int index;
    };

    State(ServerOptions server_options, Handler& request_handler)
        : options(std::move(server_options)), handler(request_handler) {}

    Result<void> bind();
    void start();
    Task<> begin(ServerLoop& loop);
    static Task<> sweep_once(ServerLoop& loop);
    Task<> drain(ServerLoop& loop);
    Task<> accept(Listener& listener);
    error_code accept_waiting(Listener& listener);
    void take(Listener& listener, tcp::socket socket, const tcp::endpoint& remote);
    std::chrono::milliseconds sweep_interval() const;

    ServerOptions options;
    Handler& handler;
    std::vector<std::unique_ptr<ServerLoop>> loops;
    std::vector<std::unique_ptr<Listener>> listeners;
    std::vector<uint16_t> ports;
    std::atomic<uint64_t> open = 0;
    bool is_stopped = false;
};

Result<void> Server::State::bind() {
    for (size_t i = 0; i < options.listen.size(); ++i) {
        NS_TRY(tcp::endpoint endpoint, resolve(options.listen[i]));
        if (endpoint.port() != 0) {
            // Another process with SO_REUSEPORT would silently share the port with us.
            auto probe = listen(loops.front()->loop.context(), endpoint, false);
            if (!probe) return Failure(probe.error());
        }
        size_t per_loop = (kListenersMin + loops.size() - 1) / loops.size();
        for (size_t socket = 0; socket < per_loop * loops.size(); ++socket) {
            ServerLoop* loop = loops[socket % loops.size()].get();
            NS_TRY(tcp::acceptor acceptor, listen(loop->loop.context(), endpoint, true));
            endpoint.port(acceptor.local_endpoint().port());
            listeners.push_back(
                std::make_unique<Listener>(Listener{loop, std::move(acceptor), static_cast<int>(i)}));
        }
        ports.push_back(endpoint.port());
    }
    return {};
}

// Timeouts are kept by one sweep a loop instead of one timer a request.
std::chrono::milliseconds Server::State::sweep_interval() const {
    std::chrono::milliseconds shortest = std::min(options.idle_timeout, options.request_timeout);
    return std::clamp(shortest / 4, std::chrono::milliseconds(50), std::chrono::milliseconds(1000));
}

void Server::State::start() {
    for (auto& loop : loops) {
        io::run_blocking(loop->loop, [this, &loop] { return begin(*loop); });
    }
}

Task<> Server::State::begin(ServerLoop& loop) {
    io::Periodic sweep;
    sweep.name = "net sweep";
    sweep.interval = sweep_interval();
    sweep.work = [&loop] { return sweep_once(loop); };
    io::start_periodic(loop.tasks, std::move(sweep));
    for (auto& listener : listeners) {
        if (listener->loop == &loop) loop.tasks.spawn([this, &listener] { return accept(*listener); });
    }
    co_return;
}

Task<> Server::State::sweep_once(ServerLoop& loop) {
    loop.sweep(std::chrono::steady_clock::now());
    co_return;
}

Task<> Server::State::drain(ServerLoop& loop) {
    for (auto& listener : listeners) {
        if (listener->loop == &loop) listener->acceptor.close();
    }
    loop.drain();
    co_return;
}

Task<> Server::State::accept(Listener& listener) {
    while (listener.acceptor.is_open()) {
        auto [wait_error] = co_await listener.acceptor.async_wait(tcp::acceptor::wait_read,
                                                                  asio::as_tuple(asio::use_awaitable));
        error_code error = wait_error ? wait_error : accept_waiting(listener);
        if (error && error != asio::error::operation_aborted) {
            log::warn("net", "cannot accept a connection: {}", error.message());
            co_await io::sleep_for(kAcceptPause);
        }
    }
}

// Not one a turn: a crowd would fill the kernel's queue, and those it drops try again only after a second.
error_code Server::State::accept_waiting(Listener& listener) {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
        tcp::endpoint remote;
        error_code error;
        tcp::socket socket = listener.acceptor.accept(remote, error);
        if (error == asio::error::would_block) break;
        if (error == asio::error::connection_aborted) continue;
        if (error) return error;
        take(listener, std::move(socket), remote);
    }
    return {};
}

void Server::State::take(Listener& listener, tcp::socket socket, const tcp::endpoint& remote) {
    ServerLoop& loop = *listener.loop;
    loop.connections_total.fetch_add(1, std::memory_order_relaxed);
    if (loop.is_draining || open.fetch_add(1, std::memory_order_relaxed) >= options.connections_max) {
        if (!loop.is_draining) open.fetch_sub(1, std::memory_order_relaxed);
        loop.connections_refused.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    tune(socket);
    auto stream = std::make_shared<TcpStream>(std::move(socket), loop.buffer);
    auto connection =
        std::make_shared<Connection>(loop, std::move(stream), make_peer(remote, listener.index), open);
    loop.tasks.spawn([connection = std::move(connection)] { return connection->run(); });
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(std::vector<io::Loop*> loops, ServerOptions options,
                                              Handler& handler) {
    NS_ASSERT(!loops.empty());
    auto state = std::make_unique<State>(std::move(options), handler);
    for (io::Loop* loop : loops) {
        state->loops.push_back(std::make_unique<ServerLoop>(*loop, state->options, handler));
    }
    Result<void> bound = state->bind();
    if (!bound) return Failure(bound.error());
    state->start();
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
    stop(std::chrono::milliseconds(0));
}

void Server::stop(std::chrono::milliseconds grace) {
    if (std::exchange(state_->is_stopped, true)) return;
    for (auto& loop : state_->loops) {
        io::run_blocking(loop->loop, [this, &loop] { return state_->drain(*loop); });
    }
    auto deadline = std::chrono::steady_clock::now() + grace;
    while (state_->open > 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    for (auto& loop : state_->loops) {
        io::run_blocking(loop->loop, [&loop] { return loop->tasks.stop(); });
    }
}

const std::vector<uint16_t>& Server::ports() const {
    return state_->ports;
}

ServerStats Server::stats() const {
    ServerStats stats;
    stats.connections = state_->open;
    for (const auto& loop : state_->loops) {
        stats.connections_total += loop->connections_total;
        stats.connections_refused += loop->connections_refused;
        stats.requests_total += loop->requests_total;
        stats.bad_requests_total += loop->bad_requests_total;
    }
    return stats;
}

}  // namespace nightshift::net
