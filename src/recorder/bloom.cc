#include "recorder/bloom.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace nightshift::recorder {
namespace {

constexpr int kHashes = 6;
constexpr size_t kBitsPerValue = 10;

template <class Visit>
void visit_bits(std::string_view text, size_t words, Visit visit) {
    uint64_t hash = XXH3_64bits(text.data(), text.size());
    uint64_t step = hash >> 32 | 1;
    for (int i = 0; i < kHashes; ++i, hash += step) visit(hash % (words * 64));
}

}  // namespace

Bloom::Bloom(size_t values) : words_((values * kBitsPerValue + 63) / 64) {}

void Bloom::add(std::string_view text) {
    if (words_.empty()) return;
    visit_bits(text, words_.size(), [this](uint64_t bit) { words_[bit / 64] |= 1ull << bit % 64; });
}

bool Bloom::may_contain(std::string_view text) const {
    if (words_.empty()) return true;
    bool is_set = true;
    visit_bits(text, words_.size(),
               [&](uint64_t bit) { is_set = is_set && (words_[bit / 64] >> bit % 64 & 1); });
    return is_set;
}

void Bloom::encode(std::string& out) const {
    out.append(reinterpret_cast<const char*>(words_.data()), words_.size() * 8);
}

Bloom Bloom::decode(std::string_view bytes) {
    Bloom bloom;
    if (bytes.size() % 8 != 0) return bloom;
    bloom.words_.resize(bytes.size() / 8);
    if (!bytes.empty()) std::memcpy(bloom.words_.data(), bytes.data(), bytes.size());
    return bloom;
}

}  // namespace nightshift::recorder
