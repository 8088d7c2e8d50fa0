#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace nightshift::ingest::openclaw {

// What a gateway may send in one frame: its own policy says 25 MiB.
inline constexpr size_t kFrameBytesMax = 32u << 20;
inline constexpr size_t kFrameDepthMax = 64;

// Why the gateway refused a request.
struct RpcError {
    std::string code;         // INVALID_REQUEST, UNAVAILABLE, NOT_PAIRED ...
    std::string detail_code;  // details.code or details.reason: what to branch on
    std::string message;
    std::string request_id;  // of a pending device pairing
    bool is_retryable = false;
    int64_t retry_after_ms = 0;
};

// One frame from the gateway; owns its JSON, and views and references into it live as long as any copy of the
// frame.
class Frame {
public:
    enum class Type { kEvent, kResponse, kOther };

    // kInvalid for what is not one JSON object with a type, kLimit for one too large or too deep. Never
    // throws.
    static Result<Frame> parse(std::string_view text);

    Type type() const { return type_; }
    // Of an event; "" otherwise.
    std::string_view event() const { return event_; }
    // Of a response: the request it answers.
    std::string_view id() const { return id_; }
    bool is_ok() const { return is_ok_; }
    // The connection's own count of events; -1 when this event has none.
    int64_t sequence() const { return sequence_; }
    // Empty when there is none.
    const boost::json::object& payload() const { return *payload_; }
    RpcError error() const;

private:
    std::shared_ptr<const boost::json::value> document_;
    const boost::json::object* payload_ = nullptr;
    Type type_ = Type::kOther;
    std::string_view event_;
    std::string_view id_;
    bool is_ok_ = false;
    int64_t sequence_ = -1;
};

// {"type":"req",...}; `params` is a JSON object.
std::string encode_request(std::string_view id, std::string_view method, std::string_view params);

}  // namespace nightshift::ingest::openclaw
