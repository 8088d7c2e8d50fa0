#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "recorder/block.h"

namespace nightshift::recorder {

// Rows by column, in memory: what the memtable is made of. Written by one thread; immutable once it is
// shared.
class RowBlock {
public:
    static constexpr uint32_t kRowsMax = 4096;

    // Takes the memory of a full block at once, where one was filled before.
    void reserve();

    // Returns about how many bytes that took. `is_derived`: the event's id can be computed and is not kept.
    size_t append(const Event& event, uint64_t row, bool is_derived);

    uint32_t rows() const { return static_cast<uint32_t>(numbers_[0].size()); }
    bool is_full() const { return rows() >= kRowsMax || attributes_.size() >= kAttributesMax; }
    const std::vector<int64_t>& numbers(Number column) const { return numbers_[index_of(column)]; }
    const std::vector<uint16_t>& codes(Text column) const { return codes_[index_of(column)]; }
    const TextDictionary& dictionary(Text column) const { return dictionaries_[index_of(column)]; }
    std::string_view attributes(uint32_t row) const {
        uint32_t start = row == 0 ? 0 : attribute_ends_[row - 1];
        return std::string_view(attributes_).substr(start, attribute_ends_[row] - start);
    }
    int64_t time_min() const { return time_min_; }
    int64_t time_max() const { return time_max_; }

private:
    static constexpr size_t kAttributesMax = 16u << 20;

    std::array<std::vector<int64_t>, kNumberColumns> numbers_;
    std::array<std::vector<uint16_t>, kTextColumns> codes_;
    std::array<TextDictionary, kTextColumns> dictionaries_;
    std::vector<uint32_t> attribute_ends_;
    std::string attributes_;
    int64_t time_min_ = INT64_MAX;
    int64_t time_max_ = INT64_MIN;
};

// A RowBlock as queries read it.
class MemoryBlock final : public Block {
public:
    explicit MemoryBlock(std::shared_ptr<const RowBlock> rows) : rows_(std::move(rows)) {}

    uint32_t rows() const override { return rows_->rows(); }
    std::pair<int64_t, int64_t> range(Number column) const override;
    bool may_contain(Text, std::string_view) const override { return true; }
    Result<void> load(const ColumnSet&) override { return {}; }
    Result<void> load_attributes(const uint16_t*, size_t) override { return {}; }
    const int64_t* numbers(Number column) const override { return rows_->numbers(column).data(); }
    TextColumn texts(Text column) const override {
        return {rows_->codes(column).data(), &rows_->dictionary(column)};
    }
    std::string_view attributes(uint32_t row) const override { return rows_->attributes(row); }

private:
    std::shared_ptr<const RowBlock> rows_;
};

}  // namespace nightshift::recorder
