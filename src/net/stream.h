#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/task.h"

namespace nightshift::net {

// Bytes that many connections send; encoded once.
using SharedBytes = std::shared_ptr<const std::string>;

// The sending half of a connection. Lives on its connection's loop and is used only there.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    // Sends now what the socket takes without waiting and queues the rest. False, with nothing sent, when
    // more than `queued_bytes_max` would then be queued, or the peer is gone. Never waits.
    virtual bool offer(SharedBytes bytes, size_t queued_bytes_max) = 0;

    // Bytes accepted by offer() that the kernel has not taken.
    virtual size_t queued_bytes() const = 0;
    virtual bool is_open() const = 0;
    // Returns when nothing is queued; kUnavailable when the peer is gone.
    virtual Task<Result<void>> drained() = 0;
    // Returns when the peer has gone.
    virtual Task<> closed() = 0;
    // Closes at once; what is queued is lost, and whoever waits gets kUnavailable. A chunked body then lacks
    // its end, so that the peer sees that it is not all.
    virtual void abort() = 0;
};

}  // namespace nightshift::net
