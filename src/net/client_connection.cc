#include "net/client_connection.h"

#include "net/http1.h"

namespace nightshift::net {
namespace {

constexpr size_t kReadBytes = 64u << 10;
constexpr size_t kPiecesKeptBytes = 64u << 10;  // capacity left to the next read

}  // namespace

ClientConnection::ClientConnection(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}

ClientConnection::~ClientConnection() {
    transport_->abort();
}

bool ClientConnection::send(SharedBytes request) {
    reader_ = std::make_unique<ResponseReader>(false, [this](std::string_view piece) { return take(piece); });
    inbox_.clear();
    pieces_.clear();
    piece_ = {};
    is_piece_given_ = false;
    has_received_ = false;
    has_left_over_ = false;
    return transport_->offer(std::move(request), SIZE_MAX);
}

bool ClientConnection::send_more(SharedBytes part) {
    return transport_->offer(std::move(part), SIZE_MAX);
}

bool ClientConnection::take(std::string_view piece) {
    if (piece_.empty() && pieces_.empty()) {
        piece_ = piece;
        return true;
    }
    if (pieces_.empty()) pieces_ = piece_;
    pieces_ += piece;
    piece_ = {};
    return true;
}

Task<Result<void>> ClientConnection::read_some() {
    Result<std::string_view> bytes = co_await transport_->read(kReadBytes);
    if (!bytes) co_return Failure(bytes.error());
    if (bytes->empty()) {
        reader_->put_eof();
    } else {
        has_received_ = true;
        std::string_view input = *bytes;
        if (!inbox_.empty()) {
            inbox_.append(input);
            input = inbox_;
        }
        const size_t taken = reader_->put(input);
        has_left_over_ = reader_->is_done() && taken < input.size();
        std::string_view rest = input.substr(taken);
        if (!rest.empty() || !inbox_.empty()) {
            if (!piece_.empty()) {  // it may lie in what is replaced now
                pieces_ = piece_;
                piece_ = {};
            }
            std::string kept(rest);
            inbox_ = std::move(kept);
        }
    }
    if (reader_->is_failed())
        co_return fail(bytes->empty() ? Code::kUnavailable : Code::kInvalid, "{}", reader_->error_text());
    co_return Result<void>();
}

Task<Result<void>> ClientConnection::read_head() {
    while (!reader_->has_head()) {
        Result<void> read = co_await read_some();
        if (!read) co_return read;
    }
    // The loop's other connections read into the same buffer.
    if (!piece_.empty()) {
        pieces_ = piece_;
        piece_ = {};
    }
    co_return Result<void>();
}

int ClientConnection::status() const {
    return reader_->status();
}

const Headers& ClientConnection::headers() const {
    return reader_->headers();
}

Headers ClientConnection::take_headers() {
    return reader_->take_headers();
}

Task<Result<std::string_view>> ClientConnection::read_body() {
    if (is_piece_given_) {
        piece_ = {};
        pieces_.clear();
        if (pieces_.capacity() > kPiecesKeptBytes) std::string().swap(pieces_);
        is_piece_given_ = false;
    }
    while (piece_.empty() && pieces_.empty()) {
        if (reader_->is_done()) co_return std::string_view();
        Result<void> read = co_await read_some();
        const bool has_bytes = !piece_.empty() || !pieces_.empty();
        if (!read && !has_bytes) co_return Failure(read.error());
    }
    is_piece_given_ = true;
    co_return pieces_.empty() ? piece_ : std::string_view(pieces_);
}

bool ClientConnection::is_reusable() const {
    return reader_ != nullptr && reader_->is_done() && reader_->keeps_connection() && !has_left_over_ &&
           transport_->is_open();
}

}  // namespace nightshift::net
