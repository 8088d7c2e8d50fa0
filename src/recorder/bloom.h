#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::recorder {

// A Bloom filter: 10 bits a value and 6 hashes, so about 1 in 100 absent texts is taken for present.
class Bloom {
public:
    Bloom() = default;
    explicit Bloom(size_t values);

    void add(std::string_view text);
    bool may_contain(std::string_view text) const;

    void encode(std::string& out) const;
    // Takes what encode() wrote; an odd size leaves it empty, and an empty filter says yes to all.
    static Bloom decode(std::string_view bytes);

private:
    std::vector<uint64_t> words_;
};

}  // namespace nightshift::recorder
