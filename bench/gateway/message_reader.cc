#include "message_reader.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace nightshift::bench {

std::string_view header_value(std::string_view head, std::string_view name_lower) {
    for (size_t line = head.find("\r\n"); line != std::string_view::npos;
         line = head.find("\r\n", line + 2)) {
        std::string_view rest = head.substr(line + 2);
        if (rest.size() <= name_lower.size() || rest[name_lower.size()] != ':') continue;
        if (!equals_ignore_case(rest.substr(0, name_lower.size()), name_lower)) continue;
        return trim(rest.substr(name_lower.size() + 1, rest.find("\r\n") - name_lower.size() - 1));
    }
    return "";
}

bool MessageReader::take_head() {
    const size_t end = buffer_.find("\r\n\r\n", at_);
    if (end == std::string::npos) return false;
    head_.assign(buffer_, at_, end + 2 - at_);
    at_ = end + 4;
    left_ = 0;
    if (header_value(head_, "transfer-encoding") == "chunked") {
        state_ = State::kChunkSize;
        return true;
    }
    const std::string_view length = header_value(head_, "content-length");
    std::from_chars(length.data(), length.data() + length.size(), left_);
    state_ = State::kSized;
    return true;
}

bool MessageReader::take_line(std::string_view& line) {
    const size_t end = buffer_.find("\r\n", at_);
    if (end == std::string::npos) return false;
    line = std::string_view(buffer_).substr(at_, end - at_);
    at_ = end + 2;
    return true;
}

MessageReader::Step MessageReader::take_body() {
    const size_t size = std::min(left_, buffer_.size() - at_);
    if (size == 0) return Step::kMore;
    body_ = std::string_view(buffer_).substr(at_, size);
    at_ += size;
    left_ -= size;
    return Step::kBody;
}

MessageReader::Step MessageReader::next() {
    // What was read goes in large portions, not byte by byte.
    if (at_ == buffer_.size() || at_ > (64u << 10)) {
        buffer_.erase(0, at_);
        at_ = 0;
    }
    std::string_view line;
    for (;;) {
        switch (state_) {
            case State::kHead:
                if (!take_head()) return Step::kMore;
                break;
            case State::kSized:
                if (left_ > 0) return take_body();
                state_ = State::kHead;
                return Step::kEnd;
            case State::kChunkSize: {
                if (!take_line(line)) return Step::kMore;
                left_ = 0;
                const auto parsed = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
                if (parsed.ec != std::errc()) return Step::kBroken;
                state_ = left_ == 0 ? State::kTrailer : State::kChunk;
                break;
            }
            case State::kChunk:
                if (left_ > 0) return take_body();
                state_ = State::kChunkEnd;
                break;
            case State::kChunkEnd:
                if (!take_line(line)) return Step::kMore;
                state_ = State::kChunkSize;
                break;
            case State::kTrailer:
                if (!take_line(line)) return Step::kMore;
                if (!line.empty()) break;
                state_ = State::kHead;
                return Step::kEnd;
        }
    }
}

}  // namespace nightshift::bench
