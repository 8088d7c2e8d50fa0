#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace nightshift::net {

enum class WebSocketSide { kServer, kClient };

enum class Opcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// One frame; `mask` is what a client must use (RFC 6455 §5.3), a server has none.
std::string encode_frame(Opcode opcode, std::string_view payload, std::optional<uint32_t> mask);
// The payload of a close frame; empty for code 1005, which never is on the wire.
std::string encode_close(uint16_t code, std::string_view reason);

// A whole message, or a control frame.
struct WebSocketItem {
    Opcode opcode = Opcode::kText;
    std::string data;         // a close frame's reason
    uint16_t close_code = 0;  // 1005 when the close frame has none
};

// Turns bytes into items: unmasks, joins fragments, checks everything RFC 6455 §5 demands. Pure.
class WebSocketDecoder {
public:
    // `side` is ours: a server takes only masked frames, a client only unmasked ones.
    WebSocketDecoder(WebSocketSide side, size_t message_bytes_max);

    // Takes from the front of `bytes` until an item is whole; nothing when `bytes` is used up before. After
    // an error the connection must be closed with failure_code(): kLimit too large, kInvalid all else.
    Result<std::optional<WebSocketItem>> next(std::string_view& bytes);
    uint16_t failure_code() const { return failure_code_; }

private:
    Result<void> start_frame();
    Result<std::optional<WebSocketItem>> end_frame();
    Result<WebSocketItem> close_item(std::string payload);
    Failure broken(uint16_t close_code, Code code, std::string_view what);
    size_t header_bytes_wanted() const;
    void take_payload(std::string_view& bytes);

    WebSocketSide side_;
    size_t message_bytes_max_;
    uint16_t failure_code_ = 0;

    std::array<unsigned char, 14> header_{};
    size_t header_bytes_ = 0;
    bool is_in_payload_ = false;
    Opcode opcode_ = Opcode::kText;
    bool is_final_ = false;
    uint64_t payload_left_ = 0;
    std::array<unsigned char, 4> mask_{};
    size_t mask_at_ = 0;

    std::string message_;  // fragments so far
    std::optional<Opcode> message_opcode_;
    std::string control_;  // a control frame may come between fragments
};

}  // namespace nightshift::net
