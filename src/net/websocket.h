#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/task.h"
#include "net/http.h"
#include "net/stream.h"

namespace nightshift::net {

// One RFC 6455 connection, server or client side. Lives on one loop and is used only there.
// Pings are answered while receive() waits.
class WebSocket : public ByteStream {
public:
    struct Message {
        bool is_text = true;
        std::string data;
    };

    // The next whole message. kUnavailable after the close handshake or a lost peer (the message says code
    // and reason); kLimit when the message is larger than allowed, kInvalid on a protocol error.
    virtual Task<Result<Message>> receive() = 0;
    // Frames and sends, and waits until the kernel took it.
    virtual Task<Result<void>> send_text(std::string_view text) = 0;
    virtual Task<Result<void>> send_ping() = 0;
    // Starts the close handshake and returns when the peer has answered or a second has passed.
    virtual Task<> close(uint16_t code, std::string_view reason) = 0;
    // The code of the peer's close frame; 1006 when it went without one.
    virtual uint16_t close_code() const = 0;
    virtual std::string_view close_reason() const = 0;
};

// An unmasked server frame with its header, ready for ByteStream::offer() on any number of sockets.
SharedBytes encode_text_frame(std::string_view text);

struct WebSocketOptions {
    std::chrono::milliseconds connect_timeout{10'000};
    size_t message_bytes_max = 32u << 20;
    Headers headers;
};

// Connects as a client to ws://host[:port]/path or wss://. Runs on the caller's loop.
// kUnavailable when nobody answers, kForbidden/kUnauthorized/kInvalid by the HTTP status of a refusal,
// kTimeout.
Task<Result<std::unique_ptr<WebSocket>>> connect_websocket(std::string url, WebSocketOptions options);

}  // namespace nightshift::net
