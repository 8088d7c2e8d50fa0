#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "net/transport.h"

namespace nightshift::net {

// What the TLS connections of a client share: the authorities it trusts, and sessions to resume. Reading them
// takes milliseconds, so make one and keep it. Any thread.
class TlsContext {
public:
    // kIo when the system's authorities cannot be read.
    static Result<std::shared_ptr<TlsContext>> create();
    ~TlsContext();

private:
    friend class TlsStream;
    struct State;
    explicit TlsContext(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// The client's side of a TLS 1.2 or 1.3 connection.
class TlsStream final : public Transport, public std::enable_shared_from_this<TlsStream> {
public:
    TlsStream(boost::asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> context);
    ~TlsStream() override;

    // Verifies the peer's certificate against the context's authorities and `host`. kUnavailable says what is
    // wrong.
    Task<Result<void>> handshake(std::string host);

    bool offer(SharedBytes bytes, size_t queued_bytes_max) override;
    size_t queued_bytes() const override;
    bool is_open() const override;
    Task<Result<void>> drained() override;
    Task<> closed() override;
    Task<Result<std::string_view>> read(size_t bytes_max) override;
    bool is_quiet() override;
    void abort() override;

private:
    void send_queued();
    void peer_gone();

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::net
