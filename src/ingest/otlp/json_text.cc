#include "ingest/otlp/json_text.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace nightshift::ingest::otlp {
namespace {

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 && c != '"' &&
           c != '\\';
}

bool is_plain_bytewise(std::string_view text) {
    for (char c : text) {
        if (!is_plain(c)) return false;
    }
    return true;
}

#if defined(__x86_64__)
bool is_plain_block(__m128i bytes) {
    // Signed: bytes from 0x80 up are negative, so one comparison finds them and the control characters.
    __m128i odd = _mm_or_si128(
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    return _mm_movemask_epi8(odd) == 0;
}

__m128i load16(const char* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
// Eight bytes, twice, so that the upper half is as plain as the lower.
__m128i load8(const char* p) {
    __m128i half = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm_unpacklo_epi64(half, half);
}

// Blocks overlap at the end instead of a loop over the last bytes.
bool is_plain_text(std::string_view text) {
    const char* p = text.data();
    const size_t size = text.size();
    if (size < 8) return is_plain_bytewise(text);
    if (size < 16) return is_plain_block(load8(p)) && is_plain_block(load8(p + size - 8));
    for (size_t i = 0; i + 16 <= size; i += 16) {
        if (!is_plain_block(load16(p + i))) return false;
    }
    return is_plain_block(load16(p + size - 16));
}
#else
bool is_plain_text(std::string_view text) {
    return is_plain_bytewise(text);
}
#endif

}  // namespace

bool is_plain_ascii(std::string_view text) {
    return is_plain_text(text);
}

void append_json_text(std::string& out, std::string_view text) {
    if (!is_plain_ascii(text)) {
        append_json_string(out, text);
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

void append_json_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    char digits[32];
    auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    out.append(digits, end);
}

void append_json_number(std::string& out, int64_t number) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    out.append(digits, end);
}

void append_json_value(std::string& out, const Value& value) {
    switch (value.type) {
        case Value::Type::kNone:
            out += "null";
            return;
        case Value::Type::kString:
            append_json_text(out, value.text);
            return;
        case Value::Type::kBool:
            out += value.integer != 0 ? "true" : "false";
            return;
        case Value::Type::kInt:
            append_json_number(out, value.integer);
            return;
        case Value::Type::kDouble:
            append_json_number(out, value.number);
            return;
        case Value::Type::kBytes:
            append_json_text(out, base64_encode(value.text));
            return;
        case Value::Type::kJson:
            out += value.text;
            return;
    }
}

}  // namespace nightshift::ingest::otlp
