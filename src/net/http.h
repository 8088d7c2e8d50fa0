#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/task.h"

namespace nightshift::net {

class ByteStream;
class WebSocket;

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

std::string_view to_string(Method method);

// Header fields in the order they came; names compare without case (RFC 9110 §5.1).
class Headers {
public:
    // The first value, or nothing.
    std::optional<std::string_view> find(std::string_view name) const;
    // The first value, or "".
    std::string_view get(std::string_view name) const;
    void add(std::string_view name, std::string_view value);
    // Replaces every field of that name.
    void set(std::string_view name, std::string_view value);

    const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

private:
    static constexpr size_t kUsual = 12;  // fields of most heads
    std::vector<std::pair<std::string, std::string>> fields_;
};

// What came before the body; a Handler decides on it how large the body may be.
struct RequestHead {
    Method method = Method::kGet;
    std::string target;  // as sent: path and query
    std::string path;    // percent-decoded path
    std::string query;   // raw, without '?'
    Headers headers;
    std::string peer;  // address of the other side, without port
    bool peer_is_loopback = false;
    int listener = 0;  // which of Server's listeners took it
};

struct Request : RequestHead {
    std::string body;  // de-chunked, still in its Content-Encoding
    // While the handler works, and on for a stream that keeps the connection: calls `on_gone`, on the
    // connection's loop, when the client has gone.
    std::function<void(std::function<void()> on_gone)> watch_client;

    // The first value of a query parameter, decoded ('+' is a space), or nothing.
    std::optional<std::string> query_value(std::string_view name) const;
};

// An answer: a body (own or shared), or a stream, or the switch to a WebSocket; the last set one wins.
struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    // A body shared by many answers; used when set.
    std::shared_ptr<const std::string> shared_body;
    // Called after the head is sent, with a chunked body to write. The connection closes when it returns.
    std::function<Task<>(ByteStream&)> stream;
    // Another request may follow the stream on its connection, unless it was aborted. It then hears that the
    // client has gone only by Request::watch_client and is_open(), and the head leaves with its first bytes.
    bool stream_keeps_connection = false;
    // Called after the 101; the socket closes when it returns.
    std::function<Task<>(WebSocket&)> websocket;

    static Response text(int status, std::string body);
    static Response json(int status, std::string body);
    static Response empty(int status);
};

// Content-Encoding gzip or deflate undone, at most `bytes_max` after inflation (kLimit beyond it).
// kInvalid on a damaged body or an encoding we do not know.
Result<std::string> decode_content(std::string_view encoding, std::string body, size_t bytes_max);

}  // namespace nightshift::net
