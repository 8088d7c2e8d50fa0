#include "recorder/row_order.h"

#include <algorithm>
#include <numeric>

namespace nightshift::recorder {
namespace {

// For each block, the rank of each of its codes among the texts of all blocks.
std::vector<std::vector<uint32_t>> rank_texts(const std::vector<std::shared_ptr<const RowBlock>>& blocks,
                                              Text column) {
    TextDictionary all;
    std::vector<std::vector<uint32_t>> codes(blocks.size());
    for (size_t i = 0; i < blocks.size(); ++i) {
        const TextDictionary& dictionary = blocks[i]->dictionary(column);
        for (uint32_t code = 0; code < dictionary.size(); ++code)
            codes[i].push_back(all.intern(dictionary.at(code)));
    }
    std::vector<uint32_t> sorted(all.size());
    std::iota(sorted.begin(), sorted.end(), 0u);
    std::sort(sorted.begin(), sorted.end(), [&all](uint32_t a, uint32_t b) { return all.at(a) < all.at(b); });
    std::vector<uint32_t> ranks(all.size());
    for (uint32_t rank = 0; rank < sorted.size(); ++rank) ranks[sorted[rank]] = rank;
    for (auto& block : codes) {
        for (uint32_t& code : block) code = ranks[code];
    }
    return codes;
}

struct Key {
    uint64_t place;  // agent, session
    int64_t row;
    RowRef ref;
};

}  // namespace

std::vector<RowRef> order_rows(const std::vector<std::shared_ptr<const RowBlock>>& blocks) {
    auto agents = rank_texts(blocks, Text::kAgent);
    auto sessions = rank_texts(blocks, Text::kSession);
    std::vector<Key> keys;
    for (uint32_t block = 0; block < blocks.size(); ++block) {
        const RowBlock& rows = *blocks[block];
        const auto& agent = rows.codes(Text::kAgent);
        const auto& session = rows.codes(Text::kSession);
        const auto& numbers = rows.numbers(Number::kRow);
        for (uint32_t row = 0; row < rows.rows(); ++row) {
            uint64_t place =
                static_cast<uint64_t>(agents[block][agent[row]]) << 32 | sessions[block][session[row]];
            keys.push_back({place, numbers[row], {block, static_cast<uint16_t>(row)}});
        }
    }
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
        return a.place != b.place ? a.place < b.place : a.row < b.row;
    });
    std::vector<RowRef> order;
    order.reserve(keys.size());
    for (const Key& key : keys) order.push_back(key.ref);
    return order;
}

}  // namespace nightshift::recorder
