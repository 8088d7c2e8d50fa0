#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "net/client.h"
#include "net/tcp_stream.h"
#include "net/tls_stream.h"
#include "net/transport.h"

namespace nightshift::net {

// The end of a client's patience: runs the action set last when the time has come. Lives on its loop.
class Deadline {
public:
    Deadline(const boost::asio::any_io_executor& executor, std::chrono::milliseconds after);
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    ~Deadline();

    // `action` makes the current wait end; it runs at once when the time is over already.
    void set_action(std::function<void()> action);
    bool has_passed() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

// Connects to the URL's host, with TLS for https and wss (certificate and name verified against the system's
// authorities). kUnavailable, naming the address; kTimeout. On return the deadline's action is to abort the
// transport.
Task<Result<std::shared_ptr<Transport>>> dial(const Url& url, Deadline& deadline);

// What many connections of one loop share. All may be null.
struct DialShare {
    std::shared_ptr<TlsContext> tls;
    std::shared_ptr<ReadBuffer> buffer;  // of plain connections: who waits holds none
};
// The same through `proxy`, when there is one: with CONNECT for https and wss (RFC 9110 §9.3.6); for http and
// ws the caller sends the whole URL as its target. kForbidden when the proxy refuses.
Task<Result<std::shared_ptr<Transport>>> dial(const Url& url, const std::optional<Url>& proxy,
                                              const DialShare& share, Deadline& deadline);

}  // namespace nightshift::net
