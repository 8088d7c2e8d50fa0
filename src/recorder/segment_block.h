#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "recorder/block.h"
#include "recorder/segment.h"

namespace nightshift::recorder {

// A block of a segment, read column by column as asked. Reopened for one block after the other, so that its
// memory and file are used again.
class SegmentBlock final : public Block {
public:
    Result<void> open(std::shared_ptr<Segment> segment, uint32_t block);

    uint32_t rows() const override { return meta_->rows; }
    std::pair<int64_t, int64_t> range(Number column) const override;
    bool may_contain(Text column, std::string_view text) const override;
    Result<void> load(const ColumnSet& columns) override;
    Result<void> load_attributes(const uint16_t* rows, size_t count) override;
    const int64_t* numbers(Number column) const override { return numbers_[index_of(column)].data(); }
    TextColumn texts(Text column) const override {
        return {codes_[index_of(column)].data(), &dictionaries_[index_of(column)]};
    }
    std::string_view attributes(uint32_t row) const override;

private:
    Result<std::string_view> read(uint64_t offset, size_t size);
    Result<void> load_number(const NumberMeta& meta, std::vector<int64_t>& into);
    Result<void> load_text(size_t column);
    Result<void> load_attribute_ends();
    Result<void> load_frame(size_t frame);
    Result<void> damaged(Result<void> result);

    std::shared_ptr<Segment> segment_;
    std::shared_ptr<const Footer> footer_;
    const BlockMeta* meta_ = nullptr;
    FileDescriptor file_;
    CodecScratch scratch_;
    ColumnSet loaded_;

    std::array<std::vector<int64_t>, kNumberColumns> numbers_;
    std::array<std::vector<uint16_t>, kTextColumns> codes_;
    std::array<TextDictionary, kTextColumns> dictionaries_;
    // Where each row ends inside its frame, and the frames that were read.
    std::vector<int64_t> attribute_ends_;
    std::array<std::string, (kBlockRowsMax + kFrameRows - 1) / kFrameRows> frames_;
    uint32_t frames_loaded_ = 0;
};

}  // namespace nightshift::recorder
