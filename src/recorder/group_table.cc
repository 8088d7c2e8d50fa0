#include "recorder/group_table.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace nightshift::recorder {
namespace {

constexpr uint32_t kUnknown = UINT32_MAX;
constexpr uint64_t kDenseMax = 1u << 18;
constexpr uint32_t kWordsMax = 32;
// With at most 4 group columns, of at most so many codes each, a combined code fits 64 bits.
constexpr uint64_t kStepsMax = 1u << 15;

int64_t floor_to(int64_t time_us, int64_t step_us) {
    // Clamped, so that hostile clocks do not overflow.
    time_us = std::clamp(time_us, INT64_MIN / 2, INT64_MAX / 2);
    int64_t rest = time_us % step_us;
    return time_us - (rest < 0 ? rest + step_us : rest);
}

int64_t number_at(const Block& block, const Column& column, uint32_t row) {
    if (column.kind == Column::Kind::kTotalTokens) {
        return static_cast<int64_t>(static_cast<uint64_t>(block.numbers(Number::kInput)[row]) +
                                    static_cast<uint64_t>(block.numbers(Number::kOutput)[row]));
    }
    return block.numbers(column.number)[row];
}

// For each of `count` texts a number that sorts like it.
template <class At>
std::vector<uint64_t> ranks_of(uint32_t count, At at) {
    std::vector<uint32_t> sorted(count);
    std::iota(sorted.begin(), sorted.end(), 0u);
    std::sort(sorted.begin(), sorted.end(), [&at](uint32_t a, uint32_t b) { return at(a) < at(b); });
    std::vector<uint64_t> ranks(count);
    for (uint32_t i = 1; i < count; ++i)
        ranks[sorted[i]] = ranks[sorted[i - 1]] + (at(sorted[i - 1]) < at(sorted[i]) ? 1 : 0);
    return ranks;
}

}  // namespace

GroupTable::GroupTable(const std::vector<GroupBy>& groups, std::string_view tenant)
    : groups_(groups), tenant_(tenant), locals_(groups.size()), texts_(groups.size()) {
    // Without groups there is one, even when no row matches.
    if (groups_.empty()) size_ = 1;
}

void GroupTable::add_columns(const Block& block, ColumnSet& columns) const {
    for (const GroupBy& group : groups_) {
        auto [first, last] = block.range(Number::kTime);
        bool is_one_step =
            group.step_us != 0 && floor_to(first, group.step_us) == floor_to(last, group.step_us);
        if (!is_one_step) group.column.add_to(columns);
    }
}

void GroupTable::prepare_steps(const Block& block, const std::vector<uint16_t>& rows, int64_t step_us,
                               Local& local) {
    auto [first, last] = block.range(Number::kTime);
    int64_t low = floor_to(first, step_us);
    uint64_t steps =
        static_cast<uint64_t>(floor_to(last, step_us) - low) / static_cast<uint64_t>(step_us) + 1;
    if (steps == 1) {
        local.is_constant = true;
        local.values = {low};
        return;
    }
    const int64_t* times = block.numbers(Number::kTime);
    if (steps > kStepsMax) {
        std::unordered_map<int64_t, uint32_t> codes;
        for (uint16_t row : rows) {
            auto [at, is_new] =
                codes.try_emplace(floor_to(times[row], step_us), static_cast<uint32_t>(codes.size()));
            if (is_new) local.values.push_back(at->first);
            local.codes.push_back(at->second);
        }
        local.cardinality = std::max<uint64_t>(codes.size(), 1);
        return;
    }
    local.cardinality = steps;
    for (uint64_t i = 0; i < steps; ++i) local.values.push_back(low + static_cast<int64_t>(i) * step_us);
    local.codes.resize(rows.size());
    auto step = static_cast<uint64_t>(step_us);
    for (size_t i = 0; i < rows.size(); ++i) {
        local.codes[i] = static_cast<uint32_t>(static_cast<uint64_t>(times[rows[i]] - low) / step);
    }
}

void GroupTable::prepare_numbers(const Block& block, const std::vector<uint16_t>& rows, const Column& column,
                                 Local& local) {
    std::unordered_map<int64_t, uint32_t> codes;
    for (uint16_t row : rows) {
        auto [at, is_new] =
            codes.try_emplace(number_at(block, column, row), static_cast<uint32_t>(codes.size()));
        if (is_new) local.values.push_back(at->first);
        local.codes.push_back(at->second);
    }
    local.cardinality = std::max<uint64_t>(codes.size(), 1);
}

void GroupTable::prepare(const Block& block, const std::vector<uint16_t>& rows, const GroupBy& group,
                         Local& local) {
    local.codes.clear();
    local.values.clear();
    local.known.clear();
    local.cardinality = 1;
    local.is_constant = false;
    local.dictionary = nullptr;
    const Column& column = group.column;
    if (group.step_us != 0) return prepare_steps(block, rows, group.step_us, local);
    if (column.kind == Column::Kind::kTenant) {
        local.is_constant = true;
        local.values = {0};
    } else if (column.kind == Column::Kind::kText) {
        TextColumn texts = block.texts(column.text);
        local.dictionary = texts.dictionary;
        local.hashes = texts.hashes;
        local.cardinality = texts.dictionary->size();
        local.known.assign(local.cardinality, -1);
        local.codes.resize(rows.size());
        for (size_t i = 0; i < rows.size(); ++i) local.codes[i] = texts.codes[rows[i]];
    } else if (column.is_word()) {
        const int64_t* values = block.numbers(column.number);
        local.cardinality = kWordsMax;
        for (int64_t i = 0; i < kWordsMax; ++i) local.values.push_back(i);
        local.codes.resize(rows.size());
        for (size_t i = 0; i < rows.size(); ++i) local.codes[i] = static_cast<uint32_t>(values[rows[i]] & 31);
    } else {
        prepare_numbers(block, rows, column, local);
    }
}

int64_t GroupTable::global_value(size_t column, uint32_t code) {
    Local& local = locals_[column];
    if (local.dictionary == nullptr) return local.values[code];
    int64_t& known = local.known[code];
    if (known < 0) {
        std::string_view text = local.dictionary->at(code);
        known = local.hashes == nullptr ? texts_[column].intern(text)
                                        : texts_[column].intern(text, local.hashes[code]);
    }
    return known;
}

size_t GroupTable::hash_of(const int64_t* key) const {
    uint64_t hash = 0;
    for (size_t i = 0; i < groups_.size(); ++i) {
        hash = (hash ^ static_cast<uint64_t>(key[i])) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 32;
    }
    return hash;
}

void GroupTable::grow_slots() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    size_t mask = slots_.size() - 1;
    for (uint32_t group = 0; group < size_; ++group) {
        size_t at = hash_of(&keys_[group * groups_.size()]) & mask;
        while (slots_[at] != 0) at = (at + 1) & mask;
        slots_[at] = group + 1;
    }
}

uint32_t GroupTable::find_or_add_key() {
    if (size_ * 2 >= slots_.size()) grow_slots();
    size_t mask = slots_.size() - 1;
    size_t at = hash_of(key_.data()) & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask) {
        if (std::equal(key_.begin(), key_.end(), &keys_[(slots_[at] - 1) * groups_.size()]))
            return slots_[at] - 1;
    }
    keys_.insert(keys_.end(), key_.begin(), key_.end());
    slots_[at] = ++size_;
    return size_ - 1;
}

uint32_t GroupTable::group_of_text(int64_t text) {
    auto at = static_cast<size_t>(text);
    if (at >= by_text_.size()) by_text_.resize(at + 1);
    if (by_text_[at] == 0) {
        keys_.push_back(text);
        by_text_[at] = ++size_;
    }
    return by_text_[at] - 1;
}

// `combined` holds the codes of the columns that vary, the last one lowest.
uint32_t GroupTable::group_of(uint64_t combined) {
    if (groups_.size() == 1 && locals_[0].dictionary != nullptr)
        return group_of_text(global_value(0, static_cast<uint32_t>(combined)));
    for (size_t i = varying_.size(); i-- > 0;) {
        size_t column = varying_[i];
        uint64_t code = combined;
        if (i > 0) {
            code = combined % locals_[column].cardinality;
            combined /= locals_[column].cardinality;
        }
        key_[column] = global_value(column, static_cast<uint32_t>(code));
    }
    return find_or_add_key();
}

template <class Code>
void GroupTable::map_codes(const Code* codes, size_t count, uint64_t cardinality,
                           std::vector<uint32_t>& groups) {
    if (cardinality <= kDenseMax) {
        dense_.assign(cardinality, kUnknown);
        for (size_t i = 0; i < count; ++i) {
            uint32_t& group = dense_[codes[i]];
            if (group == kUnknown) [[unlikely]]
                group = group_of(codes[i]);
            groups[i] = group;
        }
        return;
    }
    std::unordered_map<uint64_t, uint32_t> known;
    for (size_t i = 0; i < count; ++i) {
        auto [at, is_new] = known.try_emplace(codes[i], 0);
        if (is_new) at->second = group_of(codes[i]);
        groups[i] = at->second;
    }
}

void GroupTable::assign(const Block& block, const std::vector<uint16_t>& rows,
                        std::vector<uint32_t>& groups) {
    groups.assign(rows.size(), 0);
    if (groups_.empty() || rows.empty()) return;
    varying_.clear();
    key_.resize(groups_.size());
    for (size_t column = 0; column < groups_.size(); ++column) {
        Local& local = locals_[column];
        prepare(block, rows, groups_[column], local);
        if (local.is_constant) {
            key_[column] = local.values[0];
        } else {
            varying_.push_back(column);
        }
    }
    if (varying_.empty()) {
        std::fill(groups.begin(), groups.end(), find_or_add_key());
        return;
    }
    if (varying_.size() == 1) {
        const Local& only = locals_[varying_[0]];
        return map_codes(only.codes.data(), rows.size(), only.cardinality, groups);
    }
    combined_.assign(rows.size(), 0);
    uint64_t cardinality = 1;
    for (size_t column : varying_) {
        const Local& local = locals_[column];
        for (size_t i = 0; i < rows.size(); ++i)
            combined_[i] = combined_[i] * local.cardinality + local.codes[i];
        cardinality *= local.cardinality;
    }
    map_codes(combined_.data(), rows.size(), cardinality, groups);
}

size_t GroupTable::bytes() const {
    size_t bytes = keys_.capacity() * 8 + (slots_.capacity() + by_text_.capacity() + dense_.capacity()) * 4;
    for (const TextDictionary& texts : texts_) bytes += texts.bytes();
    return bytes;
}

Value GroupTable::value(uint32_t group, size_t column) const {
    const GroupBy& by = groups_[column];
    int64_t key = keys_[group * groups_.size() + column];
    if (by.column.kind == Column::Kind::kTenant) return tenant_;
    if (by.column.kind == Column::Kind::kText)
        return std::string(texts_[column].at(static_cast<uint32_t>(key)));
    if (by.column.is_word()) return std::string(word_of(by.column.number, key));
    if (by.column.is_real()) return std::bit_cast<double>(key);
    if (by.column.kind == Column::Kind::kNumber && by.column.number == Number::kTime) {
        return by.step_us != 0 ? key / 1000 : floor_to(key, 1000) / 1000;
    }
    if (by.column.kind == Column::Kind::kNumber && by.column.number == Number::kCost)
        return static_cast<double>(key) / 1e9;
    return key;
}

std::vector<uint64_t> GroupTable::order_keys(size_t column) const {
    constexpr uint64_t kSign = 1ull << 63;
    const GroupBy& by = groups_[column];
    std::vector<uint64_t> keys(size_);
    std::vector<uint64_t> ranks;
    if (by.column.kind == Column::Kind::kText) {
        const TextDictionary& texts = texts_[column];
        ranks = ranks_of(texts.size(), [&texts](uint32_t code) { return texts.at(code); });
    } else if (by.column.is_word()) {
        ranks = ranks_of(kWordsMax, [&by](uint32_t word) { return word_of(by.column.number, word); });
    }
    for (uint32_t group = 0; group < size_; ++group) {
        int64_t key = keys_[group * groups_.size() + column];
        auto bits = static_cast<uint64_t>(key);
        if (by.column.kind == Column::Kind::kTenant) {
            keys[group] = 0;
        } else if (!ranks.empty()) {
            keys[group] = ranks[bits];
        } else if (by.column.is_real()) {
            keys[group] = (bits & kSign) != 0 ? ~bits : bits | kSign;
        } else {
            keys[group] = bits ^ kSign;
        }
    }
    return keys;
}

}  // namespace nightshift::recorder
