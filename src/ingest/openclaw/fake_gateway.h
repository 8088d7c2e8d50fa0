#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/condition.h"
#include "io/loop.h"
#include "net/server.h"
#include "net/websocket.h"

namespace nightshift::ingest::openclaw::testing {

// A gateway for tests: a real WebSocket server that shakes hands, answers calls from a table and sends
// events.
class FakeGateway final : public net::Handler {
public:
    FakeGateway();
    ~FakeGateway() override;

    std::string url() const;
    // Any thread. The payload with which a method is answered from now on; `error` when it is not empty is
    // the error object.
    void answer(const std::string& method, std::string payload, std::string error = {});
    void never_answer(const std::string& method);
    // The boot id that the next connections are told.
    void boot(std::string id);
    // Sends an event frame to all connections.
    void send(std::string frame);
    void drop_connections();

    int calls(const std::string& method) const;
    int connections() const;
    // The scopes asked for, of each connection.
    std::vector<std::string> scopes() const;

    size_t body_bytes_max(const net::RequestHead&) const override { return 0; }
    Task<net::Response> handle(net::Request request) override;

private:
    struct Answer {
        std::string payload = "{}";
        std::string error;
        bool is_given = true;
    };
    Task<> serve(net::WebSocket& socket);
    std::string reply(const std::string& frame);

    io::Loop loop_{"fake gateway"};
    mutable std::mutex mutex_;
    std::map<std::string, Answer> answers_;
    std::map<std::string, int> calls_;
    std::vector<std::string> scopes_;
    std::string boot_id_ = "boot-1";
    std::vector<net::WebSocket*> sockets_;  // on loop_
    std::unique_ptr<net::Server> server_;
};

}  // namespace nightshift::ingest::openclaw::testing
