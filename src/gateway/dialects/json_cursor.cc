#include "gateway/dialects/json_cursor.h"

#include <bit>
#include <cstring>

#include "base/text.h"

namespace nightshift::gateway {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The four hex digits at the front, or -1.
int hex4(std::string_view text) {
    if (text.size() < 4) return -1;
    int code = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hex_value(text[i]);
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    return code;
}

// The next byte at or after `at` that ends plain text: a quote, a backslash or a control character. Eight
// bytes a step.
size_t plain_end(std::string_view json, size_t at) {
    constexpr uint64_t kOnes = 0x0101010101010101;
    constexpr uint64_t kHighs = 0x8080808080808080;
    while (at + 8 <= json.size()) {
        uint64_t word = 0;
        std::memcpy(&word, json.data() + at, 8);
        const uint64_t quote = word ^ (kOnes * '"');
        const uint64_t slash = word ^ (kOnes * '\\');
        const uint64_t hits =
            (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((word - kOnes * 0x20) & ~word)) &
            kHighs;
        // A borrow can mark bytes above a true hit, never below it: the lowest mark is right.
        if (hits != 0) return at + (std::countr_zero(hits) >> 3);
        at += 8;
    }
    while (at < json.size() && json[at] != '"' && json[at] != '\\' && static_cast<uint8_t>(json[at]) >= 0x20)
        ++at;
    return at;
}
static_assert(std::endian::native == std::endian::little);

void append_utf8(std::string& out, uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

// Appends the \u escape whose digits start at `at`; returns where the text goes on.
size_t append_escaped_code(std::string& out, std::string_view raw, size_t at) {
    const int high = hex4(raw.substr(at));
    at += 4;
    if (high < 0xD800 || high > 0xDFFF) {
        append_utf8(out, static_cast<uint32_t>(high));
        return at;
    }
    const bool is_pair = high < 0xDC00 && raw.substr(at).starts_with("\\u");
    const int low = is_pair ? hex4(raw.substr(at + 2)) : -1;
    if (low < 0xDC00 || low > 0xDFFF) {
        append_utf8(out, 0xFFFD);
        return at;
    }
    append_utf8(out,
                0x10000 + (static_cast<uint32_t>(high - 0xD800) << 10) + static_cast<uint32_t>(low - 0xDC00));
    return at + 6;
}

void unescape(std::string& out, std::string_view raw) {
    for (size_t at = 0; at < raw.size();) {
        const size_t slash = std::min(raw.find('\\', at), raw.size());
        out.append(raw, at, slash - at);
        if (slash + 1 >= raw.size()) break;
        const char c = raw[slash + 1];
        at = slash + 2;
        constexpr std::string_view kShort = "bfnrt";
        constexpr std::string_view kMeant = "\b\f\n\r\t";
        if (c == 'u') {
            at = append_escaped_code(out, raw, at);
        } else if (const size_t i = kShort.find(c); i != std::string_view::npos) {
            out += kMeant[i];
        } else {
            out += c;
        }
    }
}

}  // namespace

std::string unescape_json(std::string_view raw) {
    std::string out;
    unescape(out, raw);
    return out;
}

void JsonCursor::break_off() {
    is_broken_ = true;
    at_ = json_.size();
}

void JsonCursor::skip_blanks() {
    while (at_ < json_.size() && is_blank(json_[at_])) ++at_;
}

bool JsonCursor::take(char c) {
    if (at_ >= json_.size() || json_[at_] != c) return false;
    ++at_;
    return true;
}

JsonCursor::Kind JsonCursor::kind() {
    skip_blanks();
    if (at_ >= json_.size()) return Kind::kNone;
    switch (json_[at_]) {
        case '{':
            return Kind::kObject;
        case '[':
            return Kind::kArray;
        case '"':
            return Kind::kText;
        case 't':
            return Kind::kTrue;
        case 'f':
            return Kind::kFalse;
        case 'n':
            return Kind::kNull;
        default:
            return json_[at_] == '-' || is_digit(json_[at_]) ? Kind::kNumber : Kind::kNone;
    }
}

bool JsonCursor::enter_object() {
    if (kind() != Kind::kObject || depth_ >= kDepthMax) {
        skip();
        return false;
    }
    ++at_;
    ++depth_;
    is_fresh_ = true;
    return true;
}

bool JsonCursor::enter_array() {
    if (kind() != Kind::kArray || depth_ >= kDepthMax) {
        skip();
        return false;
    }
    ++at_;
    ++depth_;
    is_fresh_ = true;
    return true;
}

std::optional<std::string_view> JsonCursor::next_key() {
    skip_blanks();
    if (is_broken_) return std::nullopt;
    if (take('}')) {
        --depth_;
        is_fresh_ = false;
        return std::nullopt;
    }
    if (!is_fresh_ && !take(',')) break_off();
    is_fresh_ = false;
    skip_blanks();
    std::string_view raw;
    bool has_escapes = false;
    if (!skip_text(raw, has_escapes)) return std::nullopt;
    skip_blanks();
    if (!take(':')) {
        break_off();
        return std::nullopt;
    }
    return unescaped(raw, has_escapes);
}

bool JsonCursor::next_element() {
    skip_blanks();
    if (is_broken_) return false;
    if (take(']')) {
        --depth_;
        is_fresh_ = false;
        return false;
    }
    if (!is_fresh_ && !take(',')) break_off();
    is_fresh_ = false;
    if (kind() == Kind::kNone) break_off();
    return !is_broken_;
}

std::optional<std::string_view> JsonCursor::text() {
    if (kind() != Kind::kText) {
        skip();
        return std::nullopt;
    }
    std::string_view raw;
    bool has_escapes = false;
    if (!skip_text(raw, has_escapes)) return std::nullopt;
    return unescaped(raw, has_escapes);
}

size_t JsonCursor::text_size() {
    const bool is_text = kind() == Kind::kText;
    const std::string_view raw = skip();
    return is_text && raw.size() >= 2 ? raw.size() - 2 : 0;
}

std::optional<double> JsonCursor::number() {
    const bool is_number = kind() == Kind::kNumber;
    const std::string_view raw = skip();
    return is_number ? parse_double(raw) : std::nullopt;
}

std::optional<int64_t> JsonCursor::integer() {
    const bool is_number = kind() == Kind::kNumber;
    const std::string_view raw = skip();
    if (!is_number) return std::nullopt;
    if (auto whole = parse_int(raw)) return whole;
    const std::optional<double> value = parse_double(raw);
    if (!value || !(*value > -9e18 && *value < 9e18)) return std::nullopt;
    return static_cast<int64_t>(*value);
}

std::optional<bool> JsonCursor::boolean() {
    const Kind found = kind();
    skip();
    if (is_broken_ || (found != Kind::kTrue && found != Kind::kFalse)) return std::nullopt;
    return found == Kind::kTrue;
}

std::string_view JsonCursor::skip() {
    skip_blanks();
    const size_t begin = at_;
    if (is_broken_ || !skip_value(depth_)) {
        break_off();
        return {};
    }
    return json_.substr(begin, at_ - begin);
}

size_t JsonCursor::offset() {
    skip_blanks();
    return at_;
}

bool JsonCursor::finish() {
    skip_blanks();
    return !is_broken_ && depth_ == 0 && at_ == json_.size();
}

bool JsonCursor::skip_value(int depth) {
    std::string_view raw;
    bool has_escapes = false;
    switch (kind()) {
        case Kind::kObject:
            return skip_members(depth + 1);
        case Kind::kArray:
            return skip_elements(depth + 1);
        case Kind::kText:
            return skip_text(raw, has_escapes);
        case Kind::kNumber:
            return skip_number();
        case Kind::kTrue:
            return skip_word("true");
        case Kind::kFalse:
            return skip_word("false");
        case Kind::kNull:
            return skip_word("null");
        case Kind::kNone:
            return false;
    }
    return false;
}

bool JsonCursor::skip_members(int depth) {
    if (depth > kDepthMax) return false;
    ++at_;
    skip_blanks();
    if (take('}')) return true;
    std::string_view raw;
    bool has_escapes = false;
    do {
        skip_blanks();
        if (!skip_text(raw, has_escapes)) return false;
        skip_blanks();
        if (!take(':') || !skip_value(depth)) return false;
        skip_blanks();
    } while (take(','));
    return take('}');
}

bool JsonCursor::skip_elements(int depth) {
    if (depth > kDepthMax) return false;
    ++at_;
    skip_blanks();
    if (take(']')) return true;
    do {
        if (!skip_value(depth)) return false;
        skip_blanks();
    } while (take(','));
    return take(']');
}

bool JsonCursor::skip_number() {
    auto digits = [this] {
        const size_t begin = at_;
        while (at_ < json_.size() && is_digit(json_[at_])) ++at_;
        return at_ - begin;
    };
    take('-');
    if (!take('0') && digits() == 0) return false;
    if (take('.') && digits() == 0) return false;
    if (take('e') || take('E')) {
        if (!take('+')) take('-');
        if (digits() == 0) return false;
    }
    return true;
}

bool JsonCursor::skip_word(std::string_view word) {
    if (!json_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
}

bool JsonCursor::skip_text(std::string_view& raw, bool& has_escapes) {
    has_escapes = false;
    if (!take('"')) {
        break_off();
        return false;
    }
    const size_t begin = at_;
    for (;;) {
        at_ = plain_end(json_, at_);
        if (take('"')) break;
        constexpr std::string_view kEscapes = "\"\\/bfnrtu";
        const bool is_escape =
            take('\\') && at_ < json_.size() && kEscapes.find(json_[at_]) != std::string_view::npos;
        if (!is_escape || (json_[at_] == 'u' && hex4(json_.substr(at_ + 1)) < 0)) {
            break_off();
            return false;
        }
        has_escapes = true;
        ++at_;
    }
    raw = json_.substr(begin, at_ - 1 - begin);
    return true;
}

std::string_view JsonCursor::unescaped(std::string_view raw, bool has_escapes) {
    if (!has_escapes) return raw;
    buffer_.clear();
    unescape(buffer_, raw);
    return buffer_;
}

}  // namespace nightshift::gateway
