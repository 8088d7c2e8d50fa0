#include "recorder/text_search.h"

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace nightshift::recorder {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool equals_at(const char* text, std::string_view needle) {
    for (size_t i = 0; i < needle.size(); ++i) {
        if (lower(text[i]) != needle[i]) return false;
    }
    return true;
}

bool contains_slowly(std::string_view text, std::string_view needle, size_t from) {
    for (size_t at = from; at + needle.size() <= text.size(); ++at) {
        if (lower(text[at]) == needle[0] && equals_at(text.data() + at, needle)) return true;
    }
    return false;
}

}  // namespace

bool contains_ignore_case(std::string_view text, std::string_view needle) {
    if (needle.empty()) return true;
    if (text.size() < needle.size()) return false;
    size_t at = 0;
#if defined(__SSE2__)
    // Candidates are where the first and the last letter fit; setting 0x20 folds case (and a few signs,
    // sorted out by equals_at), which costs one operation for 16 letters.
    const __m128i fold = _mm_set1_epi8(0x20);
    const __m128i first = _mm_or_si128(_mm_set1_epi8(needle.front()), fold);
    const __m128i last = _mm_or_si128(_mm_set1_epi8(needle.back()), fold);
    size_t span = needle.size() - 1;
    for (; at + span + 16 <= text.size(); at += 16) {
        __m128i head = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
        __m128i tail = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at + span));
        __m128i both = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(head, fold), first),
                                     _mm_cmpeq_epi8(_mm_or_si128(tail, fold), last));
        auto hits = static_cast<uint32_t>(_mm_movemask_epi8(both));
        for (; hits != 0; hits &= hits - 1) {
            if (equals_at(text.data() + at + static_cast<size_t>(__builtin_ctz(hits)), needle)) return true;
        }
    }
#endif
    return contains_slowly(text, needle, at);
}

}  // namespace nightshift::recorder
