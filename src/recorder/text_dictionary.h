#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::recorder {

// Distinct texts numbered in the order of their first use; 0 is the empty text. Views are valid until the
// next append.
class TextDictionary {
public:
    TextDictionary() : ends_{0} {}

    uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
    std::string_view at(uint32_t code) const {
        if (code == 0) return {};
        uint32_t start = ends_[code - 1];
        return {arena_.data() + start, ends_[code] - start};
    }

    // The code of `text`, which is added when it is new.
    uint32_t intern(std::string_view text) { return intern(text, hash(text)); }
    // The same with the text's hash(), where it is known already.
    uint32_t intern(std::string_view text, uint64_t hash);
    static uint64_t hash(std::string_view text);
    // Adds `text` without looking for an equal one.
    uint32_t append(std::string_view text);
    // The code of `text`, or -1. Slow when the texts were appended, not interned.
    int64_t find(std::string_view text) const;

    void clear();
    void reserve(size_t texts, size_t bytes);
    size_t bytes() const { return arena_.capacity() + ends_.capacity() * 4 + slots_.capacity() * 8; }

private:
    void grow_slots();

    std::string arena_;
    std::vector<uint32_t> ends_;
    // Open addressing: the upper half of the hash, then the code; 0 is free.
    std::vector<uint64_t> slots_;
    uint32_t interned_ = 0;
};

}  // namespace nightshift::recorder
