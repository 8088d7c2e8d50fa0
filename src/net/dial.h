#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "net/client.h"
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

}  // namespace nightshift::net
