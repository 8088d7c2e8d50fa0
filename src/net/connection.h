#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "io/task_group.h"
#include "net/http1.h"
#include "net/render.h"
#include "net/server.h"
#include "net/tcp_stream.h"

namespace nightshift::net {

class Connection;

// What the connections of one loop share. Touched only on the loop, but for the counters.
struct ServerLoop {
    ServerLoop(io::Loop& owner, const ServerOptions& server_options, Handler& request_handler);

    // Aborts what has waited for too long.
    void sweep(std::chrono::steady_clock::time_point now);
    // From now on a connection ends with its current request; idle ones end at once.
    void drain();

    io::Loop& loop;
    const ServerOptions& options;
    Handler& handler;
    io::TaskGroup tasks;
    std::shared_ptr<ReadBuffer> buffer;
    std::string head;  // reused for every rendered head
    DateText date;
    Connection* first = nullptr;  // list of all connections
    bool is_draining = false;

    std::atomic<uint64_t> connections_total = 0;
    std::atomic<uint64_t> connections_refused = 0;
    std::atomic<uint64_t> requests_total = 0;
    std::atomic<uint64_t> bad_requests_total = 0;
};

// Where a connection came from.
struct Peer {
    std::string address;
    bool is_loopback = false;
    int listener = 0;
};

// One connection of the server: reads a request, lets the handler answer, sends, and again. While it waits
// for a request it holds no buffer. Lives on its loop; run() is its whole life.
class Connection {
public:
    // `open` counts the server's connections; this one is counted already and subtracts itself.
    Connection(ServerLoop& loop, std::shared_ptr<TcpStream> stream, Peer peer, std::atomic<uint64_t>& open);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    Task<> run();

private:
    friend struct ServerLoop;
    using TimePoint = std::chrono::steady_clock::time_point;
    enum class Phase { kIdle, kReading, kHandling, kSending, kLingering };

    void enter(Phase phase);
    void check(TimePoint now);
    void drain();

    // False when the connection ends: closed by the peer, or a bad request was answered.
    Task<bool> read_request(Request& request);
    size_t feed(RequestReader& reader, std::string_view input);
    size_t read_size(const RequestReader& reader) const;
    Response refusal(RequestReader& reader) const;
    Task<> refuse(Response response);
    Task<> linger();

    Task<Response> call_handler(Request request);
    // False when the connection ends with this answer.
    Task<bool> answer(Response response, Method method);
    Task<bool> answer_stream(Response response, Method method);
    Task<> answer_websocket(Response response);
    void render_head(const Response& response, Framing framing, uint64_t body_bytes);
    Task<bool> flush();

    ServerLoop& loop_;
    std::shared_ptr<TcpStream> stream_;
    Peer peer_;
    std::atomic<uint64_t>& open_;
    std::string inbox_;          // read and not yet parsed
    std::string websocket_key_;  // of a valid upgrade request
    Phase phase_ = Phase::kIdle;
    TimePoint deadline_;
    size_t queued_bytes_seen_ = 0;  // at the last check while sending
    bool is_keep_alive_ = true;
    bool is_http11_ = true;

    Connection* next_ = nullptr;
    Connection* previous_ = nullptr;
};

}  // namespace nightshift::net
