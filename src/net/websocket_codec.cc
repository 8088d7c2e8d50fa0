#include "net/websocket_codec.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace nightshift::net {
namespace {

constexpr size_t kControlBytesMax = 125;
constexpr size_t kReserveMax =
    64u << 10;  // reserved on the word of a header; beyond it the message grows as it comes

bool is_control(Opcode opcode) {
    return static_cast<uint8_t>(opcode) >= 8;
}

bool is_known(uint8_t opcode) {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// RFC 6455 §7.4 and the IANA registry.
bool may_be_on_wire(uint16_t code) {
    if (code >= 3000 && code <= 4999) return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

// XORs `data` with the mask, beginning at byte `at` of it; returns where it ended.
size_t apply_mask(std::string& data, size_t from, const std::array<unsigned char, 4>& mask, size_t at) {
    std::array<unsigned char, 8> turned{};
    for (size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(at + i) & 3];
    uint64_t wide = 0;
    std::memcpy(&wide, turned.data(), sizeof wide);
    size_t i = from;
    for (; i + sizeof wide <= data.size(); i += sizeof wide) {
        uint64_t word = 0;
        std::memcpy(&word, data.data() + i, sizeof word);
        word ^= wide;
        std::memcpy(data.data() + i, &word, sizeof word);
    }
    for (size_t turn = 0; i < data.size(); ++i, ++turn) data[i] = static_cast<char>(data[i] ^ turned[turn]);
    return (at + data.size() - from) & 3;
}

void append_big_endian(std::string& out, uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

}  // namespace

std::string encode_frame(Opcode opcode, std::string_view payload, std::optional<uint32_t> mask) {
    std::string out;
    out.reserve(payload.size() + 14);
    out += static_cast<char>(0x80 | static_cast<uint8_t>(opcode));
    unsigned mask_bit = mask ? 0x80 : 0;
    if (payload.size() <= kControlBytesMax) {
        out += static_cast<char>(mask_bit | payload.size());
    } else if (payload.size() <= 0xffff) {
        out += static_cast<char>(mask_bit | 126);
        append_big_endian(out, payload.size(), 2);
    } else {
        out += static_cast<char>(mask_bit | 127);
        append_big_endian(out, payload.size(), 8);
    }
    if (!mask) {
        out += payload;
        return out;
    }
    std::array<unsigned char, 4> key{};
    std::memcpy(key.data(), &*mask, key.size());
    out.append(reinterpret_cast<const char*>(key.data()), key.size());
    size_t start = out.size();
    out += payload;
    apply_mask(out, start, key, 0);
    return out;
}

std::string encode_close(uint16_t code, std::string_view reason) {
    std::string out;
    if (!may_be_on_wire(code)) return out;
    append_big_endian(out, code, 2);
    out += truncate_utf8(reason, kControlBytesMax - 2);
    return out;
}

WebSocketDecoder::WebSocketDecoder(WebSocketSide side, size_t message_bytes_max)
    : side_(side), message_bytes_max_(message_bytes_max) {}

Failure WebSocketDecoder::broken(uint16_t close_code, Code code, std::string_view what) {
    failure_code_ = close_code;
    return fail(code, "WebSocket: {}", what);
}

size_t WebSocketDecoder::header_bytes_wanted() const {
    if (header_bytes_ < 2) return 2;
    size_t length = header_[1] & 0x7f;
    size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    size_t mask = (header_[1] & 0x80) != 0 ? 4 : 0;
    return 2 + extended + mask;
}

Result<std::optional<WebSocketItem>> WebSocketDecoder::next(std::string_view& bytes) {
    if (failure_code_ != 0) return fail(Code::kInvalid, "WebSocket: the connection is broken already");
    while (true) {
        while (!is_in_payload_) {
            size_t taken = std::min(header_bytes_wanted() - header_bytes_, bytes.size());
            std::memcpy(header_.data() + header_bytes_, bytes.data(), taken);
            header_bytes_ += taken;
            bytes.remove_prefix(taken);
            if (header_bytes_ < 2 || header_bytes_ < header_bytes_wanted()) {
                if (bytes.empty()) return std::optional<WebSocketItem>();
                continue;
            }
            Result<void> started = start_frame();
            if (!started) return Failure(started.error());
        }
        take_payload(bytes);
        if (payload_left_ > 0) return std::optional<WebSocketItem>();
        auto item = end_frame();
        if (!item || *item) return item;
    }
}

Result<void> WebSocketDecoder::start_frame() {
    uint8_t opcode = header_[0] & 0x0f;
    if ((header_[0] & 0x70) != 0) return broken(1002, Code::kInvalid, "a reserved bit is set");
    if (!is_known(opcode)) return broken(1002, Code::kInvalid, "an unknown opcode came");
    opcode_ = static_cast<Opcode>(opcode);
    is_final_ = (header_[0] & 0x80) != 0;
    bool is_masked = (header_[1] & 0x80) != 0;
    if (is_masked != (side_ == WebSocketSide::kServer)) {
        return broken(1002, Code::kInvalid,
                      is_masked ? "a server's frame is masked" : "a client's frame is not masked");
    }
    uint64_t length = header_[1] & 0x7f;
    size_t at = 2;
    if (length >= 126) {
        size_t size = length == 126 ? 2 : 8;
        length = 0;
        for (size_t i = 0; i < size; ++i) length = length << 8 | header_[at++];
        bool is_minimal = length > (size == 2 ? kControlBytesMax : 0xffff);
        if (!is_minimal || length > INT64_MAX)
            return broken(1002, Code::kInvalid, "a length is encoded wrongly");
    }
    if (is_masked) std::copy_n(header_.begin() + static_cast<ptrdiff_t>(at), 4, mask_.begin());
    if (is_control(opcode_)) {
        if (!is_final_ || length > kControlBytesMax) {
            return broken(1002, Code::kInvalid, "a control frame is fragmented or too long");
        }
    } else {
        bool is_continuation = opcode_ == Opcode::kContinuation;
        if (is_continuation != message_opcode_.has_value()) {
            return broken(1002, Code::kInvalid, "the order of fragments is wrong");
        }
        if (length > message_bytes_max_ - message_.size()) {
            return broken(1009, Code::kLimit, "a message is larger than allowed");
        }
        if (!is_continuation) message_opcode_ = opcode_;
        message_.reserve(message_.size() + std::min<size_t>(length, kReserveMax));
    }
    payload_left_ = length;
    mask_at_ = 0;
    is_in_payload_ = true;
    return {};
}

void WebSocketDecoder::take_payload(std::string_view& bytes) {
    std::string& target = is_control(opcode_) ? control_ : message_;
    size_t taken = static_cast<size_t>(std::min<uint64_t>(payload_left_, bytes.size()));
    size_t start = target.size();
    target.append(bytes.substr(0, taken));
    if (side_ == WebSocketSide::kServer) mask_at_ = apply_mask(target, start, mask_, mask_at_);
    payload_left_ -= taken;
    bytes.remove_prefix(taken);
}

Result<std::optional<WebSocketItem>> WebSocketDecoder::end_frame() {
    is_in_payload_ = false;
    header_bytes_ = 0;
    if (opcode_ == Opcode::kClose) {
        NS_TRY(WebSocketItem item, close_item(std::exchange(control_, {})));
        return std::optional(std::move(item));
    }
    if (is_control(opcode_)) return std::optional(WebSocketItem{opcode_, std::exchange(control_, {}), 0});
    if (!is_final_) return std::optional<WebSocketItem>();
    WebSocketItem item{*message_opcode_, std::exchange(message_, {}), 0};
    message_opcode_.reset();
    if (item.opcode == Opcode::kText && !is_valid_utf8(item.data)) {
        return broken(1007, Code::kInvalid, "a text message is not UTF-8");
    }
    return std::optional(std::move(item));
}

Result<WebSocketItem> WebSocketDecoder::close_item(std::string payload) {
    if (payload.empty()) return WebSocketItem{Opcode::kClose, {}, 1005};
    if (payload.size() == 1) return broken(1002, Code::kInvalid, "a close frame is cut");
    auto high = static_cast<unsigned char>(payload[0]);
    auto low = static_cast<unsigned char>(payload[1]);
    auto code = static_cast<uint16_t>(high << 8 | low);
    if (!may_be_on_wire(code)) return broken(1002, Code::kInvalid, "a close code is not allowed");
    std::string reason = payload.substr(2);
    if (!is_valid_utf8(reason)) return broken(1007, Code::kInvalid, "a close reason is not UTF-8");
    return WebSocketItem{Opcode::kClose, std::move(reason), code};
}

}  // namespace nightshift::net
