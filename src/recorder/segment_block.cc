#include "recorder/segment_block.h"

namespace nightshift::recorder {

static_assert((kBlockRowsMax + kFrameRows - 1) / kFrameRows <= 32, "frames_loaded_ has a bit for each frame");

Result<void> SegmentBlock::open(std::shared_ptr<Segment> segment, uint32_t block) {
    if (segment != segment_) {
        segment_ = nullptr;
        NS_TRY(footer_, segment->footer());
        NS_TRY(file_, segment->open_file());
        segment_ = std::move(segment);
    }
    if (block >= footer_->blocks.size()) return fail(Code::kInternal, "no block {}", block);
    meta_ = &footer_->blocks[block];
    loaded_ = {};
    frames_loaded_ = 0;
    attribute_ends_.clear();
    return {};
}

std::pair<int64_t, int64_t> SegmentBlock::range(Number column) const {
    const NumberMeta& meta = meta_->numbers[index_of(column)];
    return {meta.min, meta.max};
}

bool SegmentBlock::may_contain(Text column, std::string_view text) const {
    if (text.empty()) return true;
    if (meta_->texts[index_of(column)].dictionary.distinct == 0) return false;
    for (size_t i = 0; i < kBloomColumns.size(); ++i) {
        if (kBloomColumns[i] == column) return meta_->blooms[i].may_contain(text);
    }
    return true;
}

Result<std::string_view> SegmentBlock::read(uint64_t offset, size_t size) {
    if (scratch_.stored.size() < size) scratch_.stored.resize(size);
    Result<void> got = read_at(file_.get(), offset, size, scratch_.stored.data());
    if (!got) return Failure(got.error());
    return std::string_view(scratch_.stored).substr(0, size);
}

Result<void> SegmentBlock::load_number(const NumberMeta& meta, std::vector<int64_t>& into) {
    into.resize(meta_->rows);
    NS_TRY(std::string_view stored, read(meta.offset, meta.stored));
    return decode_numbers(meta, stored, into.size(), scratch_, into.data());
}

Result<void> SegmentBlock::load_text(size_t column) {
    const TextMeta& meta = meta_->texts[column];
    std::vector<uint16_t>& codes = codes_[column];
    codes.resize(meta_->rows);
    {
        NS_TRY(std::string_view stored, read(meta.codes.offset, meta.codes.stored));
        Result<void> decoded = decode_numbers(meta.codes, stored, codes.size(), scratch_, codes.data());
        if (!decoded) return decoded;
    }
    NS_TRY(std::string_view stored, read(meta.dictionary.offset, meta.dictionary.stored));
    Result<void> decoded = decode_dictionary(meta.dictionary, stored, scratch_, dictionaries_[column]);
    if (!decoded) return decoded;
    uint16_t top = 0;
    for (uint16_t code : codes) top = std::max(top, code);
    if (top >= dictionaries_[column].size()) return fail(Code::kCorrupt, "a code without its text");
    return {};
}

Result<void> SegmentBlock::load(const ColumnSet& columns) {
    for (size_t i = 0; i < kNumberColumns; ++i) {
        if (!((columns.numbers & ~loaded_.numbers) >> i & 1)) continue;
        Result<void> loaded = damaged(load_number(meta_->numbers[i], numbers_[i]));
        if (!loaded) return loaded;
    }
    for (size_t i = 0; i < kTextColumns; ++i) {
        if (!((columns.texts & ~loaded_.texts) >> i & 1)) continue;
        Result<void> loaded = damaged(load_text(i));
        if (!loaded) return loaded;
    }
    loaded_.add(columns);
    return {};
}

Result<void> SegmentBlock::load_attribute_ends() {
    Result<void> loaded = load_number(meta_->attribute_lengths, attribute_ends_);
    if (!loaded) return loaded;
    for (size_t frame = 0; frame < meta_->frames.size(); ++frame) {
        uint64_t end = 0;
        size_t last = std::min<size_t>((frame + 1) * kFrameRows, meta_->rows);
        for (size_t row = frame * kFrameRows; row < last; ++row) {
            auto length = static_cast<uint64_t>(attribute_ends_[row]);
            if (length > UINT32_MAX) return fail(Code::kCorrupt, "attributes of {} bytes", length);
            end += length;
            attribute_ends_[row] = static_cast<int64_t>(end);
        }
        if (end != meta_->frames[frame].raw)
            return fail(Code::kCorrupt, "a frame of {} bytes, not {}", meta_->frames[frame].raw, end);
    }
    return {};
}

Result<void> SegmentBlock::load_frame(size_t frame) {
    const FrameMeta& meta = meta_->frames[frame];
    NS_TRY(std::string_view stored, read(meta.offset, meta.stored));
    if (checksum32(stored) != meta.checksum) return fail(Code::kCorrupt, "attributes have a wrong checksum");
    frames_[frame].resize(meta.raw);
    if (meta.raw == 0) return {};
    return scratch_.decompressor.into(frames_[frame].data(), meta.raw, stored);
}

Result<void> SegmentBlock::load_attributes(const uint16_t* rows, size_t count) {
    if (attribute_ends_.empty()) {
        Result<void> loaded = damaged(load_attribute_ends());
        if (!loaded) return loaded;
    }
    for (size_t i = 0; i < count; ++i) {
        size_t frame = rows[i] / kFrameRows;
        if (frames_loaded_ >> frame & 1) continue;
        Result<void> loaded = damaged(load_frame(frame));
        if (!loaded) return loaded;
        frames_loaded_ |= 1u << frame;
    }
    return {};
}

std::string_view SegmentBlock::attributes(uint32_t row) const {
    auto start = row % kFrameRows == 0 ? size_t{0} : static_cast<size_t>(attribute_ends_[row - 1]);
    return std::string_view(frames_[row / kFrameRows])
        .substr(start, static_cast<size_t>(attribute_ends_[row]) - start);
}

Result<void> SegmentBlock::damaged(Result<void> result) {
    if (!result && result.error().code == Code::kCorrupt) segment_->report(result.error());
    return result;
}

}  // namespace nightshift::recorder
