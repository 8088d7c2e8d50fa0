#pragma once

#include <string>
#include <string_view>

namespace nightshift::bench {

// Takes HTTP/1.1 messages out of a stream of bytes, requests or answers, one after the other. As much as a
// bench needs of it: the other side is a program of ours or a proxy that behaves.
class MessageReader {
public:
    enum class Step {
        kMore,  // feed() more bytes
        kBody,  // body() holds the next bytes of the body, without the framing of chunks
        kEnd,   // the message is over; the next one may follow
        kBroken,
    };

    void feed(std::string_view bytes) { buffer_.append(bytes); }
    Step next();

    // Of the message at hand, from its first kBody or its kEnd on.
    const std::string& head() const { return head_; }
    std::string_view body() const { return body_; }

private:
    enum class State { kHead, kSized, kChunkSize, kChunk, kChunkEnd, kTrailer };

    bool take_head();
    bool take_line(std::string_view& line);
    Step take_body();

    std::string buffer_;
    size_t at_ = 0;
    State state_ = State::kHead;
    size_t left_ = 0;  // of the body or the chunk
    std::string head_;
    std::string_view body_;
};

// The value of a header in lower case, or "".
std::string_view header_value(std::string_view head, std::string_view name_lower);

}  // namespace nightshift::bench
