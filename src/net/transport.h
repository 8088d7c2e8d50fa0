#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "net/outbox.h"
#include "net/stream.h"

namespace nightshift::net {

// A connected socket, plain or TLS: what the client and both sides of a WebSocket stand on. Lives on one
// loop.
class Transport : public ByteStream {
public:
    // The next bytes, at most `bytes_max`; empty at the peer's end of stream; kUnavailable when the
    // connection broke. They are valid until the caller next waits for anything. One reader at a time.
    virtual Task<Result<std::string_view>> read(size_t bytes_max) = 0;
    // Whether nothing has come that nobody has read, not even the peer's end: an idle connection must be
    // quiet to be used again.
    virtual bool is_quiet() = 0;
};

// Aborts a transport when a coroutine leaves, also by cancellation: a queue that waits for the socket keeps
// it open.
class TransportGuard {
public:
    explicit TransportGuard(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}
    TransportGuard(const TransportGuard&) = delete;
    TransportGuard& operator=(const TransportGuard&) = delete;
    ~TransportGuard() {
        if (transport_ != nullptr) transport_->abort();
    }
    Transport& operator*() const { return *transport_; }
    Transport* operator->() const { return transport_.get(); }
    std::shared_ptr<Transport> release() { return std::exchange(transport_, nullptr); }

private:
    std::shared_ptr<Transport> transport_;
};

}  // namespace nightshift::net
