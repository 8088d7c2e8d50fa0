#include "net/outbox.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"

namespace nightshift::net {
namespace {

constexpr size_t kCompactAt = 32;  // sent pieces kept before the vector moves up

}  // namespace

void Outbox::push(SharedBytes bytes, Wrap wrap) {
    if (bytes->empty()) return;
    Piece piece;
    piece.payload = std::move(bytes);
    if (wrap == Wrap::kChunk) {
        auto end = fmt::format_to_n(piece.size_line.data(), 16, "{:x}", piece.payload->size()).out;
        *end++ = '\r';
        *end++ = '\n';
        piece.size_line_bytes = static_cast<size_t>(end - piece.size_line.data());
    }
    bytes_ += piece.bytes();
    pieces_.push_back(std::move(piece));
}

size_t Outbox::gather_piece(const Piece& piece, std::span<iovec> parts) {
    static constexpr std::string_view kLineEnd = "\r\n";
    std::string_view size_line(piece.size_line.data(), piece.size_line_bytes);
    std::array<std::string_view, 3> texts = {size_line, *piece.payload, size_line.empty() ? "" : kLineEnd};
    size_t skip = piece.sent;
    size_t count = 0;
    for (std::string_view text : texts) {
        size_t skipped = std::min(skip, text.size());
        skip -= skipped;
        text.remove_prefix(skipped);
        if (text.empty() || count == parts.size()) continue;
        parts[count++] = {const_cast<char*>(text.data()), text.size()};
    }
    return count;
}

size_t Outbox::gather(std::span<iovec> parts) const {
    size_t count = 0;
    // A piece needs up to three parts; one that would not fit whole waits for the next call.
    for (size_t i = first_; i < pieces_.size() && count + 3 <= parts.size(); ++i) {
        count += gather_piece(pieces_[i], parts.subspan(count));
    }
    return count;
}

void Outbox::advance(size_t count) {
    NS_ASSERT(count <= bytes_);
    bytes_ -= count;
    while (count > 0) {
        Piece& piece = pieces_[first_];
        size_t taken = std::min(count, piece.bytes() - piece.sent);
        piece.sent += taken;
        count -= taken;
        if (piece.sent < piece.bytes()) break;
        piece.payload.reset();
        ++first_;
    }
    if (bytes_ == 0) {
        clear();
    } else if (first_ >= kCompactAt && first_ * 2 >= pieces_.size()) {
        pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(first_));
        first_ = 0;
    }
}

void Outbox::clear() {
    std::vector<Piece>().swap(pieces_);
    first_ = 0;
    bytes_ = 0;
}

}  // namespace nightshift::net
