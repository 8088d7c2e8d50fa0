#include "live/batch.h"

#include <utility>

namespace nightshift::live {

size_t bytes_of(const Pieces& pieces) {
    size_t bytes = 0;
    for (const net::SharedBytes& piece : pieces) bytes += piece->size();
    return bytes;
}

void Batch::add(const Message& message, std::string_view token) {
    ++messages_;
    if (transport_ == Transport::kWebSocket) {
        add_bytes(message.frame());
        return;
    }
    copy("event: ");
    copy(message.type());
    if (!token.empty()) {
        copy("\nid: ");
        copy(token);
    }
    copy("\n");
    add_bytes(message.data_line());
}

void Batch::add_retry(int64_t retry_ms) {
    if (transport_ == Transport::kEventStream) copy("retry: " + std::to_string(retry_ms) + "\n");
}

void Batch::add_bytes(const net::SharedBytes& bytes) {
    if (bytes->size() < kSharedPieceBytesMin) {
        copy(*bytes);
        return;
    }
    close_copies();
    bytes_ += bytes->size();
    pieces_.push_back(bytes);
}

void Batch::copy(std::string_view text) {
    copies_ += text;
    bytes_ += text.size();
}

void Batch::close_copies() {
    if (copies_.empty()) return;
    pieces_.push_back(std::make_shared<const std::string>(std::exchange(copies_, {})));
}

Pieces Batch::take() {
    close_copies();
    bytes_ = 0;
    messages_ = 0;
    return std::exchange(pieces_, {});
}

}  // namespace nightshift::live
