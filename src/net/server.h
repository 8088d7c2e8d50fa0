#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/loop.h"
#include "net/http.h"

namespace nightshift::net {

// Answers requests. One instance serves all loops: its methods are called from every loop's thread.
class Handler {
public:
    virtual ~Handler() = default;

    // How large this request's body may be, as sent. Called before the body is read; beyond it the answer is
    // 413.
    virtual size_t body_bytes_max(const RequestHead& head) const = 0;
    virtual Task<Response> handle(Request request) = 0;
    // The answer to a request whose head was read and whose body is refused: 413 too large, 400 broken.
    virtual Response refuse(const RequestHead& head, int status, std::string_view reason) const;
};

struct Address {
    std::string host;
    uint16_t port = 0;  // 0: any free port; Server::ports() tells which
};

// "127.0.0.1:8700", "[::1]:8700" or "localhost:8700".
Result<Address> parse_address(std::string_view text);

struct ServerOptions {
    std::vector<Address> listen;
    size_t connections_max = 20'000;  // beyond it new connections are closed at once, and counted
    size_t head_bytes_max = 64u << 10;
    std::chrono::seconds idle_timeout{75};     // between requests on one connection
    std::chrono::seconds request_timeout{60};  // from the first byte of a request to its last
};

struct ServerStats {
    uint64_t connections = 0;  // open now
    uint64_t connections_total = 0;
    uint64_t connections_refused = 0;
    uint64_t requests_total = 0;
    uint64_t bad_requests_total = 0;
};

// HTTP/1.1 on every loop: each loop has its own listening sockets (SO_REUSEPORT), and a connection stays on
// the loop that took it.
class Server {
public:
    // `handler` must outlive the server. kIo when an address cannot be bound; the message names it.
    static Result<std::unique_ptr<Server>> start(std::vector<io::Loop*> loops, ServerOptions options,
                                                 Handler& handler);
    // Stops listening, gives open requests `grace`, then closes the rest. Returns when no connection is left.
    // Call it from a thread that is none of the loops.
    void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(1000));
    ~Server();

    // The bound port of each listener, in the order of ServerOptions::listen.
    const std::vector<uint16_t>& ports() const;
    ServerStats stats() const;

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::net
