#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nightshift::gateway {

// Cuts a stream of bytes into frames: server-sent events up to and with their blank line, or lines with their
// newline. Whole frames are views into what was fed; only an unfinished one is copied.
class FrameCutter {
public:
    enum class Format { kEvents, kLines };

    FrameCutter(Format format, size_t frame_bytes_max) : format_(format), frame_bytes_max_(frame_bytes_max) {}

    // All frames of the feed before must have been taken.
    void feed(std::string_view bytes);
    // Views end with the next feed().
    std::optional<std::string_view> next();
    // No more bytes come: what is left is the last frame.
    void end() { is_ended_ = true; }
    // A frame is larger than allowed; nothing more comes from next().
    bool is_overflown() const { return is_overflown_; }

private:
    std::optional<size_t> frame_end();
    std::optional<std::string_view> take(size_t end);

    Format format_;
    size_t frame_bytes_max_;
    std::string_view source_;  // the bytes fed, or `pending_`
    std::string pending_;      // begins with the unfinished frame
    size_t frame_begin_ = 0;   // in source_, like the next two
    size_t line_begin_ = 0;
    size_t scanned_to_ = 0;
    bool is_ended_ = false;
    bool is_overflown_ = false;
};

// One server-sent event (WHATWG HTML, "Server-sent events"), comments and unknown fields left out.
struct SseEvent {
    std::string_view name;
    std::string_view data;
    bool has_data = false;
    bool is_sse = false;  // holds some field or comment, or is blank: anything else is another format
};
// `buffer` takes data of several lines; views point into it or into `frame`.
SseEvent parse_event(std::string_view frame, std::string& buffer);

}  // namespace nightshift::gateway
