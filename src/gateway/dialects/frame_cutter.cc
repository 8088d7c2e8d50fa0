#include "gateway/dialects/frame_cutter.h"

namespace nightshift::gateway {

void FrameCutter::feed(std::string_view bytes) {
    // What was taken from the buffer goes; what is left of it is the head of a frame.
    pending_.erase(0, frame_begin_);
    line_begin_ -= frame_begin_;
    scanned_to_ -= frame_begin_;
    frame_begin_ = 0;
    if (pending_.empty()) {
        source_ = bytes;
    } else {
        pending_.append(bytes);
        source_ = pending_;
    }
}

std::optional<std::string_view> FrameCutter::next() {
    if (is_overflown_) return std::nullopt;
    if (const std::optional<size_t> end = frame_end()) return take(*end);
    if (is_ended_ && frame_begin_ < source_.size()) return take(source_.size());
    const std::string_view rest = source_.substr(frame_begin_);
    is_overflown_ = rest.size() > frame_bytes_max_;
    if (pending_.empty() && !rest.empty()) {
        // The bytes fed belong to the caller: keep the part that is needed again.
        pending_ = rest;
        line_begin_ -= frame_begin_;
        scanned_to_ -= frame_begin_;
        frame_begin_ = 0;
        source_ = pending_;
    }
    return std::nullopt;
}

std::optional<size_t> FrameCutter::frame_end() {
    while (scanned_to_ < source_.size()) {
        const size_t newline = source_.find('\n', scanned_to_);
        if (newline == std::string_view::npos) {
            scanned_to_ = source_.size();
            return std::nullopt;
        }
        std::string_view line = source_.substr(line_begin_, newline - line_begin_);
        if (line.ends_with('\r')) line.remove_suffix(1);
        line_begin_ = scanned_to_ = newline + 1;
        if (format_ == Format::kLines || line.empty()) return newline + 1;
    }
    return std::nullopt;
}

std::optional<std::string_view> FrameCutter::take(size_t end) {
    const std::string_view frame = source_.substr(frame_begin_, end - frame_begin_);
    frame_begin_ = line_begin_ = scanned_to_ = end;
    is_overflown_ = frame.size() > frame_bytes_max_;
    return is_overflown_ ? std::nullopt : std::optional(frame);
}

SseEvent parse_event(std::string_view frame, std::string& buffer) {
    SseEvent event;
    if (frame.starts_with("\xEF\xBB\xBF")) frame.remove_prefix(3);
    event.is_sse = frame.find_first_not_of("\r\n") == std::string_view::npos;
    while (!frame.empty()) {
        const size_t newline = frame.find('\n');
        std::string_view line = frame.substr(0, newline);
        frame.remove_prefix(newline == std::string_view::npos ? frame.size() : newline + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with(':')) {
            event.is_sse = true;
            continue;
        }
        const size_t colon = line.find(':');
        const std::string_view field = line.substr(0, colon);
        std::string_view value =
            colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        if (field == "data") {
            if (event.has_data) {
                if (event.data.data() != buffer.data()) buffer = event.data;
                buffer.append("\n").append(value);
                event.data = buffer;
            } else {
                event.data = value;
            }
            event.has_data = true;
        } else if (field == "event") {
            event.name = value;
        }
        event.is_sse =
            event.is_sse || field == "data" || field == "event" || field == "id" || field == "retry";
    }
    return event;
}

}  // namespace nightshift::gateway
