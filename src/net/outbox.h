#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "net/stream.h"

namespace nightshift::net {

// What waits to be sent on one socket, in order and without copies of the payloads. Pure. Takes no memory
// while empty.
class Outbox {
public:
    enum class Wrap { kNone, kChunk };  // kChunk: with an HTTP chunk's size line before and CRLF behind

    void push(SharedBytes bytes, Wrap wrap);
    // Fills `parts` with the first bytes to send; returns how many parts it filled.
    size_t gather(std::span<iovec> parts) const;
    // The first `count` bytes were sent.
    void advance(size_t count);
    void clear();

    // Counts payload and wrapping.
    size_t bytes() const { return bytes_; }
    bool is_empty() const { return bytes_ == 0; }

private:
    struct Piece {
        SharedBytes payload;
        std::array<char, 18> size_line{};  // 16 hex digits and CRLF
        size_t size_line_bytes = 0;
        size_t sent = 0;

        size_t bytes() const { return size_line_bytes + payload->size() + (size_line_bytes > 0 ? 2 : 0); }
    };
    static size_t gather_piece(const Piece& piece, std::span<iovec> parts);

    std::vector<Piece> pieces_;
    size_t first_ = 0;  // pieces before it are sent
    size_t bytes_ = 0;
};

}  // namespace nightshift::net
