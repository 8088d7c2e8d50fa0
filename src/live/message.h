#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/stream.h"

namespace nightshift::live {

// One object of the protocol (docs/formats/live.md), immutable and shared by all who get it: encoded once for
// each transport, for Server-Sent Events only when somebody reads them. Safe from any thread.
class Message {
public:
    // `type` must be a literal.
    Message(std::string_view type, std::string_view json);

    std::string_view type() const { return type_; }
    std::string_view json() const { return std::string_view(*frame_).substr(frame_->size() - json_bytes_); }
    // A WebSocket text frame.
    const net::SharedBytes& frame() const { return frame_; }
    // "data: <json>" and the empty line that ends an event.
    const net::SharedBytes& data_line() const;

private:
    std::string_view type_;
    size_t json_bytes_;
    net::SharedBytes frame_;
    mutable std::once_flag data_line_once_;
    mutable net::SharedBytes data_line_;
};

using SharedMessage = std::shared_ptr<const Message>;

struct Hello {
    std::string_view epoch;
    int64_t interval_ms = 0;
    int64_t server_time_ms = 0;
    std::string_view version;
};

std::string hello_json(const Hello& hello);
std::string resumed_json(std::string_view topic, uint64_t seq);
std::string token_json(std::string_view token);
std::string bye_json(int64_t retry_ms);
std::string error_json(std::string_view message);

// JSON values end to end with commas between them; `count` of them.
struct Items {
    std::string json;
    uint64_t count = 0;

    void add(std::string_view item);
};

std::string snapshot_json(std::string_view topic, uint64_t seq, uint64_t dropped, std::string_view items);
std::string state_delta_json(std::string_view topic, uint64_t seq, std::string_view put,
                             const std::vector<std::string>& removed);
std::string log_delta_json(std::string_view topic, uint64_t seq, uint64_t dropped, std::string_view items);

}  // namespace nightshift::live
