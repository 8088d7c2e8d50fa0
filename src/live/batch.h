#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "live/message.h"
#include "live/types.h"
#include "net/stream.h"

namespace nightshift::live {

// Bytes ready to be sent to any number of clients, in order.
using Pieces = std::vector<net::SharedBytes>;

size_t bytes_of(const Pieces& pieces);

// Puts messages together for one write: small ones are copied next to each other, large ones are shared.
// Pure.
class Batch {
public:
    explicit Batch(Transport transport) : transport_(transport) {}

    // `token` is the event's id for Server-Sent Events: where a client resumes that has got this message; ""
    // is none.
    void add(const Message& message, std::string_view token);

    // Server-Sent Events: how long the client waits before it connects again.
    void add_retry(int64_t retry_ms);

    bool needs_tokens() const { return transport_ == Transport::kEventStream; }
    bool is_empty() const { return bytes_ == 0; }
    size_t bytes() const { return bytes_; }
    uint32_t messages() const { return messages_; }
    Pieces take();

private:
    void add_bytes(const net::SharedBytes& bytes);
    void copy(std::string_view text);
    void close_copies();

    Transport transport_;
    std::string copies_;
    Pieces pieces_;
    size_t bytes_ = 0;
    uint32_t messages_ = 0;
};

}  // namespace nightshift::live
