#include "recorder/text_dictionary.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace nightshift::recorder {

uint32_t TextDictionary::append(std::string_view text) {
    if (text.empty()) return 0;
    arena_.append(text);
    ends_.push_back(static_cast<uint32_t>(arena_.size()));
    return size() - 1;
}

uint64_t TextDictionary::hash(std::string_view text) {
    return XXH3_64bits(text.data(), text.size());
}

uint32_t TextDictionary::intern(std::string_view text, uint64_t hash) {
    if (text.empty()) return 0;
    if (interned_ * 2 >= slots_.size()) grow_slots();
    uint64_t tag = hash & 0xFFFFFFFF00000000ull;
    size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        if (slots_[i] == 0) {
            uint32_t code = append(text);
            slots_[i] = tag | code;
            ++interned_;
            return code;
        }
        auto code = static_cast<uint32_t>(slots_[i]);
        if ((slots_[i] & 0xFFFFFFFF00000000ull) == tag && at(code) == text) return code;
    }
}

int64_t TextDictionary::find(std::string_view text) const {
    for (uint32_t code = 0; code < size(); ++code) {
        if (at(code) == text) return code;
    }
    return -1;
}

void TextDictionary::clear() {
    arena_.clear();
    ends_.assign(1, 0);
    slots_.clear();
    interned_ = 0;
}

void TextDictionary::reserve(size_t texts, size_t bytes) {
    ends_.reserve(texts + 1);
    arena_.reserve(bytes);
}

void TextDictionary::grow_slots() {
    std::vector<uint64_t> old = std::move(slots_);
    slots_.assign(old.empty() ? 16 : old.size() * 2, 0);
    size_t mask = slots_.size() - 1;
    for (uint64_t slot : old) {
        if (slot == 0) continue;
        std::string_view text = at(static_cast<uint32_t>(slot));
        size_t i = hash(text) & mask;
        while (slots_[i] != 0) i = (i + 1) & mask;
        slots_[i] = slot;
    }
}

}  // namespace nightshift::recorder
