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

// The number of bytes at the start that need no escape.
size_t plain_prefix(std::string_view text) {
    size_t i = 0;
#if defined(__x86_64__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);
    for (; i + 16 <= text.size(); i += 16) {
        __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
        // Signed: bytes from 0x80 up are negative, so one comparison finds them and the control characters.
        __m128i odd =
            _mm_or_si128(_mm_cmplt_epi8(bytes, space),
                         _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        if (_mm_movemask_epi8(odd) != 0) break;
    }
#endif
    while (i < text.size() && is_plain(text[i])) ++i;
    return i;
}

}  // namespace

bool is_plain_ascii(std::string_view text) {
    return plain_prefix(text) == text.size();
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
