#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "net/http.h"

namespace nightshift::net {

// How a response's body ends.
enum class Framing { kLength, kChunked, kUntilClose, kNone };

// What the head of a response says besides the handler's own headers.
struct ResponseHead {
    int status = 200;
    const Headers* headers = nullptr;
    std::string_view date;
    Framing framing = Framing::kLength;
    uint64_t body_bytes = 0;
    bool is_keep_alive = true;
};

// Appends the status line and the header. The handler's own Content-Length, Transfer-Encoding, Connection and
// Date are left out; bytes that would break the header are replaced.
void append_response_head(std::string& out, const ResponseHead& head);

// Appends "name: value"; what could end the line is replaced by spaces.
void append_header(std::string& out, std::string_view name, std::string_view value);

std::string_view reason_phrase(int status);

// The Date header's value (RFC 9110 §5.6.7), made anew once a second.
class DateText {
public:
    std::string_view at(std::time_t now);

private:
    std::time_t second_ = -1;
    std::string text_;
};

}  // namespace nightshift::net
