#include "base/redact.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/redact_rules.h"
#include "base/text.h"

namespace nightshift {
namespace {

constexpr size_t kPrefix = 3;    // bytes the filter compares
constexpr size_t kGroups = 8;    // one bit each
constexpr size_t kShortest = 8;  // no secret is shorter than this

}  // namespace

Redactor::Redactor(Emails emails) : emails_(emails), find_(&find_scalar) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) find_ = &find_avx2;
#endif
    SecretPrefixes prefixes = secret_prefixes();
    for (size_t i = 0; i < prefixes.count; ++i) {
        const SecretPrefix& prefix = prefixes.first[i];
        // Neighbours in the list share a group: similar prefixes together make fewer accidental combinations.
        const auto bit = static_cast<uint8_t>(1u << (i * kGroups / prefixes.count));
        for (size_t place = 0; place < kPrefix; ++place) {
            const auto byte = static_cast<uint8_t>(prefix.text[place]);
            bytes_[place][byte] |= bit;
            const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
            if (prefix.any_case && is_letter) bytes_[place][byte ^ 0x20] |= bit;
        }
    }
    for (size_t place = 0; place < kPrefix; ++place) {
        for (size_t byte = 0; byte < 256; ++byte) {
            low_[place][byte & 15] |= bytes_[place][byte];
            high_[place][byte >> 4] |= bytes_[place][byte];
        }
    }
}

bool Redactor::is_candidate(const char* at) const {
    const auto* p = reinterpret_cast<const uint8_t*>(at);
    return (bytes_[0][p[0]] & bytes_[1][p[1]] & bytes_[2][p[2]]) != 0;
}

size_t Redactor::find_scalar(const Redactor& self, std::string_view text, size_t from) {
    for (size_t i = from; i + kPrefix <= text.size(); ++i) {
        if (self.is_candidate(text.data() + i)) return i;
    }
    return text.size();
}

#if defined(__x86_64__)
namespace {

struct Tables {
    __m256i low[kPrefix];
    __m256i high[kPrefix];
};

__attribute__((target("avx2"))) __m256i groups_of(__m256i bytes, __m256i low, __m256i high) {
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i by_low = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
    __m256i by_high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    return _mm256_and_si256(by_low, by_high);
}

// Bit i is set when a prefix may start at p[i]; reads p[0..33].
__attribute__((target("avx2"))) uint32_t starts_in(const Tables& tables, const char* p) {
    __m256i groups = _mm256_set1_epi8(-1);
    for (size_t place = 0; place < kPrefix; ++place) {
        __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + place));
        groups = _mm256_and_si256(groups, groups_of(bytes, tables.low[place], tables.high[place]));
    }
    __m256i none = _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
    return ~static_cast<uint32_t>(_mm256_movemask_epi8(none));
}

}  // namespace

__attribute__((target("avx2"))) size_t Redactor::find_avx2(const Redactor& self, std::string_view text,
                                                           size_t from) {
    constexpr size_t kBlock = 32;
    constexpr size_t kRead = kBlock + kPrefix - 1;
    Tables tables;
    for (size_t place = 0; place < kPrefix; ++place) {
        const auto* low = reinterpret_cast<const __m128i*>(self.low_[place].data());
        const auto* high = reinterpret_cast<const __m128i*>(self.high_[place].data());
        tables.low[place] = _mm256_broadcastsi128_si256(_mm_loadu_si128(low));
        tables.high[place] = _mm256_broadcastsi128_si256(_mm_loadu_si128(high));
    }
    size_t i = from;
    for (; i + kRead <= text.size(); i += kBlock) {
        for (uint32_t bits = starts_in(tables, text.data() + i); bits != 0; bits &= bits - 1) {
            size_t at = i + static_cast<size_t>(std::countr_zero(bits));
            if (self.is_candidate(text.data() + at)) return at;
        }
    }
    if (i + kPrefix > text.size()) return text.size();
    char tail[kRead] = {};  // zeros start no prefix
    std::memcpy(tail, text.data() + i, text.size() - i);
    for (uint32_t bits = starts_in(tables, tail); bits != 0; bits &= bits - 1) {
        size_t offset = static_cast<size_t>(std::countr_zero(bits));
        if (self.is_candidate(tail + offset)) return i + offset;
    }
    // The tail holds up to 33 bytes: the last two starts lie past the block, and past kPrefix bytes of text.
    return text.size();
}
#else
size_t Redactor::find_avx2(const Redactor& self, std::string_view text, size_t from) {
    return find_scalar(self, text, from);
}
#endif

size_t Redactor::next_candidate(std::string_view text, size_t from) const {
    if (text.size() < kShortest || from + kPrefix > text.size()) return text.size();
    size_t found = find_(*this, text, from);
    if (emails_ == Emails::kKeep) return found;
    const void* at = std::memchr(text.data() + from, '@', found - from);
    return at == nullptr ? found : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

size_t Redactor::redact(std::string_view text, std::string& out) const {
    size_t count = 0;
    size_t kept_to = 0;  // text before this is in `out`
    for (size_t at = next_candidate(text, 0); at < text.size(); at = next_candidate(text, at)) {
        SecretMatch match = text[at] == '@' ? match_email(text, at, kept_to) : match_secret(text, at);
        if (!match.is_found() || match.begin < kept_to) {
            ++at;
            continue;
        }
        out.append(text.substr(kept_to, match.begin - kept_to));
        out.append("[redacted:").append(match.kind).append("]");
        kept_to = at = std::max(match.end, at + 1);
        ++count;
    }
    out.append(text.substr(kept_to));
    return count;
}

std::string Redactor::redact(std::string_view text) const {
    std::string out;
    redact(text, out);
    return out;
}

bool is_secret_member(std::string_view name, std::string_view value) {
    constexpr std::string_view kAlways[] = {"password",      "passwd",      "passphrase", "pwd",
                                            "secret",        "api_key",     "api-key",    "apikey",
                                            "secret_key",    "private_key", "access_key", "cookie",
                                            "authorization", "credentials", "credential"};
    constexpr size_t kTokenShortest = 16;
    constexpr size_t kNameLongest = 64;
    if (value.empty() || name.size() > kNameLongest) return false;
    // Few names end like one of these: two letters decide for the rest.
    constexpr std::string_view kEndings = "rd wd se et ey ie on ls al en";
    if (name.size() < 3) return false;
    const char ending[2] = {static_cast<char>(name[name.size() - 2] | 0x20),
                            static_cast<char>(name.back() | 0x20)};
    if (kEndings.find(std::string_view(ending, 2)) == std::string_view::npos) return false;
    auto ends_with = [&](std::string_view word) {
        return name.size() >= word.size() && equals_ignore_case(name.substr(name.size() - word.size()), word);
    };
    if (std::any_of(std::begin(kAlways), std::end(kAlways), ends_with)) return true;
    if (!ends_with("token")) return false;
    return value.size() >= kTokenShortest && value.find(' ') == std::string_view::npos;
}

}  // namespace nightshift
