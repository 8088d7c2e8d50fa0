#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "io/condition.h"
#include "net/outbox.h"
#include "net/transport.h"

namespace nightshift::net {

// The buffer all connections of a loop read into: a connection that waits holds none. What no read has
// reached yet takes no memory.
class ReadBuffer {
public:
    explicit ReadBuffer(size_t size) : bytes_(std::make_unique_for_overwrite<char[]>(size)), size_(size) {}

    char* data() { return bytes_.get(); }
    size_t size() const { return size_; }

private:
    std::unique_ptr<char[]> bytes_;
    size_t size_;
};

// A plain TCP connection. Sending tries the socket first and queues what it does not take; a callback of the
// loop, not a coroutine, sends the queue, so that 5,000 quiet clients cost nothing but this object.
class TcpStream final : public Transport, public std::enable_shared_from_this<TcpStream> {
public:
    // `buffer` may be shared by the streams of one loop.
    TcpStream(boost::asio::ip::tcp::socket socket, std::shared_ptr<ReadBuffer> buffer);
    ~TcpStream() override;

    bool offer(SharedBytes bytes, size_t queued_bytes_max) override;
    bool offer_wrapped(SharedBytes bytes, size_t queued_bytes_max, Outbox::Wrap wrap);
    // Sends `head` and `body` (may be null) and queues the rest without a bound; copies of `head` only what
    // it queues.
    void send(std::string_view head, const SharedBytes& body);
    // Sends `head` with what is sent next, or when somebody waits for drained().
    void hold(std::string head);
    size_t queued_bytes() const override { return outbox_.bytes(); }
    bool is_open() const override { return is_open_; }
    Task<Result<void>> drained() override;
    Task<> closed() override;

    Task<Result<std::string_view>> read(size_t bytes_max) override;
    bool is_quiet() override;
    void abort() override;
    // Says to the peer that we send no more; reading goes on.
    void shutdown_send();
    // Calls `on_gone` once, when the peer has gone; until unwatch(). Reads nothing, so a peer that sent
    // something more is seen only when a send fails.
    void watch(std::function<void()> on_gone);
    void unwatch() { on_gone_ = nullptr; }
    // Reads and forgets from now on, so that is_open() and closed() tell when the peer has gone. No read()
    // after it.
    void discard_input();

private:
    // Bytes taken by the kernel; 0 when it takes none now or the connection broke.
    size_t send_now(std::span<iovec> parts);
    // Sends what is queued: at once, or when the socket takes it.
    void send_outbox();
    void send_queued();
    void wait_for_watched();
    void on_writable();
    void on_discardable();
    void on_watched();
    void peer_gone();

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<ReadBuffer> buffer_;
    Outbox outbox_;
    io::Condition changed_;  // the queue is empty, or the peer is gone
    bool is_open_ = true;
    bool is_sending_ = false;  // a callback waits for the socket
    bool is_held_ = false;     // what is queued was never offered to the socket
    bool is_reading_ = false;
    // A callback waits for input, or soon will: for on_gone_ or, after unwatch(), for nobody.
    bool is_watching_ = false;
    std::function<void()> on_gone_;
    int eager_reads_ = 0;  // reads in a row that did not have to wait
};

}  // namespace nightshift::net
