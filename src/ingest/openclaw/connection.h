#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "ingest/openclaw/frame.h"
#include "ingest/openclaw/handshake.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "net/websocket.h"

namespace nightshift::ingest::openclaw {

struct ConnectionOptions {
    std::string url;
    Secret token;
    Scope scope = Scope::kRead;
    milliseconds handshake_deadline{20'000};
    // Called for each event after the handshake, in order; the next frame is read when it has returned.
    std::function<Task<>(Frame)> on_event;
};

// One connection to a gateway: handshake, calls with deadlines, events. Lives on one loop and is used only
// there. stop() it before it is destroyed.
class Connection {
public:
    Connection(io::Loop& loop, ConnectionOptions options);
    ~Connection();

    // Connects and shakes hands, once. On failure refusal() says whether and when to try again.
    Task<Result<void>> open();
    const Hello& hello() const { return hello_; }
    const Refusal& refusal() const { return refusal_; }

    // The answer, which may be a refusal by the gateway. kTimeout, kUnavailable when the connection is gone,
    // kLimit when too many calls wait.
    Task<Result<Frame>> call(std::string method, std::string params, milliseconds deadline);

    bool is_open() const { return is_open_; }
    // Returns when the connection is gone; why_closed() says how it went.
    Task<> closed();
    const std::string& why_closed() const { return why_closed_; }

    // Runs beside the connection and is cancelled by stop().
    void spawn(std::function<Task<>()> task) { tasks_.spawn(std::move(task)); }
    Task<> stop();

private:
    struct Pending;

    Task<> read();
    Task<> send(std::shared_ptr<const std::string> request);
    Task<Result<void>> shake_hands();
    void end(std::string why);

    ConnectionOptions options_;
    std::unique_ptr<net::WebSocket> socket_;
    std::map<std::string, std::shared_ptr<Pending>, std::less<>> pending_;
    std::shared_ptr<Pending> challenge_;
    std::shared_ptr<Pending> closing_;
    uint64_t calls_ = 0;
    Hello hello_;
    Refusal refusal_;
    std::string why_closed_;
    bool is_open_ = false;
    io::TaskGroup tasks_;
    io::Loop& loop_;
};

}  // namespace nightshift::ingest::openclaw
