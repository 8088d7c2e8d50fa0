#include "recorder/segment_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "recorder/rollup.h"
#include "recorder/row_order.h"
#include "recorder/segment_format.h"

namespace nightshift::recorder {
namespace {

constexpr size_t kWriteBytes = 1u << 20;

// The rows of one block as they will be stored.
class StagedBlock final : public Block {
public:
    void fill(const std::vector<std::shared_ptr<const RowBlock>>& blocks, const RowRef* refs, uint32_t count);

    uint32_t rows() const override { return static_cast<uint32_t>(numbers_[0].size()); }
    std::pair<int64_t, int64_t> range(Number) const override { return {INT64_MIN, INT64_MAX}; }
    bool may_contain(Text, std::string_view) const override { return true; }
    Result<void> load(const ColumnSet&) override { return {}; }
    Result<void> load_attributes(const uint16_t*, size_t) override { return {}; }
    const int64_t* numbers(Number column) const override { return numbers_[index_of(column)].data(); }
    TextColumn texts(Text column) const override {
        return {codes_[index_of(column)].data(), &dictionaries_[index_of(column)]};
    }
    std::string_view attributes(uint32_t row) const override { return attributes_[row]; }

private:
    void fill_text(const std::vector<std::shared_ptr<const RowBlock>>& blocks, const RowRef* refs,
                   uint32_t count, Text column);

    std::array<std::vector<int64_t>, kNumberColumns> numbers_;
    std::array<std::vector<uint16_t>, kTextColumns> codes_;
    std::array<TextDictionary, kTextColumns> dictionaries_;
    std::vector<std::string_view> attributes_;
};

void StagedBlock::fill(const std::vector<std::shared_ptr<const RowBlock>>& blocks, const RowRef* refs,
                       uint32_t count) {
    std::vector<const int64_t*> sources(blocks.size());
    for (size_t column = 0; column < kNumberColumns; ++column) {
        for (size_t i = 0; i < blocks.size(); ++i) {
            sources[i] = blocks[i]->numbers(static_cast<Number>(column)).data();
        }
        std::vector<int64_t>& to = numbers_[column];
        to.resize(count);
        for (uint32_t i = 0; i < count; ++i) to[i] = sources[refs[i].block][refs[i].row];
    }
    for (size_t column = 0; column < kTextColumns; ++column)
        fill_text(blocks, refs, count, static_cast<Text>(column));
    attributes_.resize(count);
    for (uint32_t i = 0; i < count; ++i) attributes_[i] = blocks[refs[i].block]->attributes(refs[i].row);
}

void StagedBlock::fill_text(const std::vector<std::shared_ptr<const RowBlock>>& blocks, const RowRef* refs,
                            uint32_t count, Text column) {
    TextDictionary& dictionary = dictionaries_[index_of(column)];
    std::vector<uint16_t>& codes = codes_[index_of(column)];
    dictionary.clear();
    codes.resize(count);
    // What each source code became, by block; 0 is not known yet (and is right for the empty text).
    std::vector<std::vector<uint16_t>> known(blocks.size());
    for (uint32_t i = 0; i < count; ++i) {
        const RowBlock& block = *blocks[refs[i].block];
        uint16_t source = block.codes(column)[refs[i].row];
        if (source == 0) {
            codes[i] = 0;
            continue;
        }
        if (is_unique(column)) {
            codes[i] = static_cast<uint16_t>(dictionary.append(block.dictionary(column).at(source)));
            continue;
        }
        std::vector<uint16_t>& table = known[refs[i].block];
        if (table.empty()) table.resize(block.dictionary(column).size());
        if (table[source] == 0)
            table[source] = static_cast<uint16_t>(dictionary.intern(block.dictionary(column).at(source)));
        codes[i] = table[source];
    }
}

bool is_running(Number column) {
    return column == Number::kTime || column == Number::kRow || column == Number::kSequence;
}

// Encodes blocks and writes them to a file, a megabyte at a time.
class FileWriter {
public:
    FileWriter(std::filesystem::path path, Disk& disk) : path_(std::move(path)), disk_(disk) {}

    Result<void> open() {
        file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
        if (!file_.is_open()) return fail_errno("create", path_.native());
        return {};
    }
    std::string& buffer() { return buffer_; }
    uint64_t offset() const { return written_ + buffer_.size(); }
    Result<void> flush(size_t bytes_min) {
        if (buffer_.size() < bytes_min || buffer_.empty()) return {};
        Result<void> written = disk_.write(file_.get(), buffer_, written_, path_.native());
        written_ += buffer_.size();
        buffer_.clear();
        return written;
    }
    Result<void> finish() {
        Result<void> written = flush(0);
        return written ? disk_.sync(file_.get(), path_.native()) : written;
    }

private:
    std::filesystem::path path_;
    Disk& disk_;
    FileDescriptor file_;
    std::string buffer_;
    uint64_t written_ = 0;
};

void encode_attributes(const StagedBlock& block, Compressor& compressor, const Rest& rest, std::string& out,
                       BlockMeta& meta) {
    std::vector<int64_t> lengths(block.rows());
    for (uint32_t i = 0; i < block.rows(); ++i) lengths[i] = static_cast<int64_t>(block.attributes(i).size());
    meta.attribute_lengths = encode_numbers(lengths.data(), lengths.size(), false, compressor, out);
    std::string raw;
    for (uint32_t first = 0; first < block.rows(); first += kFrameRows) {
        raw.clear();
        for (uint32_t i = first; i < std::min(first + kFrameRows, block.rows()); ++i)
            raw.append(block.attributes(i));
        size_t start = out.size();
        if (!raw.empty()) compressor.append_frame(out, raw);
        FrameMeta frame;
        frame.raw = static_cast<uint32_t>(raw.size());
        frame.stored = static_cast<uint32_t>(out.size() - start);
        frame.checksum = checksum32(std::string_view(out).substr(start));
        meta.frames.push_back(frame);
        rest();
    }
}

BlockMeta encode_block(const StagedBlock& block, Compressor& compressor, const Rest& rest, FileWriter& file) {
    BlockMeta meta;
    meta.rows = block.rows();
    meta.offset = file.offset();
    std::string& out = file.buffer();
    for (size_t i = 0; i < kNumberColumns; ++i) {
        auto column = static_cast<Number>(i);
        meta.numbers[i] =
            encode_numbers(block.numbers(column), block.rows(), is_running(column), compressor, out);
        rest();
    }
    std::vector<int64_t> codes(block.rows());
    for (size_t i = 0; i < kTextColumns; ++i) {
        TextColumn column = block.texts(static_cast<Text>(i));
        if (column.dictionary->size() == 1) continue;
        std::copy_n(column.codes, block.rows(), codes.begin());
        bool is_new_each_time = is_unique(static_cast<Text>(i));
        meta.texts[i].codes = encode_numbers(codes.data(), codes.size(), is_new_each_time, compressor, out);
        meta.texts[i].dictionary = encode_dictionary(*column.dictionary, compressor, out);
        rest();
    }
    encode_attributes(block, compressor, rest, out, meta);
    for (size_t i = 0; i < kBloomColumns.size(); ++i) {
        const TextDictionary& dictionary = *block.texts(kBloomColumns[i]).dictionary;
        meta.blooms[i] = Bloom(dictionary.size() - 1);
        for (uint32_t code = 1; code < dictionary.size(); ++code) meta.blooms[i].add(dictionary.at(code));
        rest();
    }
    return meta;
}

Result<WrittenSegment> write_rows(const SegmentContent& content, FileWriter& file, const Rest& rest) {
    Compressor compressor;
    RollupBuilder rollup;
    Footer footer;
    footer.tenant = content.tenant;
    footer.replaces = content.replaces;
    Trailer trailer;
    trailer.time_min = trailer.first_row = INT64_MAX;
    trailer.time_max = INT64_MIN;
    trailer.last_row = content.last_row;
    file.buffer().append(kSegmentMagic);

    std::vector<RowRef> order = order_rows(content.rows);
    rest();
    StagedBlock block;
    for (size_t first = 0; first < order.size(); first += kBlockRowsMax) {
        auto count = static_cast<uint32_t>(std::min<size_t>(kBlockRowsMax, order.size() - first));
        block.fill(content.rows, order.data() + first, count);
        rest();
        footer.blocks.push_back(encode_block(block, compressor, rest, file));
        if (content.has_rollup) rollup.add(block);
        const BlockMeta& meta = footer.blocks.back();
        trailer.rows += count;
        trailer.time_min = std::min(trailer.time_min, meta.numbers[index_of(Number::kTime)].min);
        trailer.time_max = std::max(trailer.time_max, meta.numbers[index_of(Number::kTime)].max);
        trailer.first_row =
            std::min(trailer.first_row, static_cast<uint64_t>(meta.numbers[index_of(Number::kRow)].min));
        Result<void> flushed = file.flush(kWriteBytes);
        if (!flushed) return Failure(flushed.error());
        rest();
    }
    WrittenSegment written;
    footer.rollup_offset = file.offset();
    if (content.has_rollup) footer.cubes = rollup.finish(compressor, file.buffer(), written.keys_folded);
    file.buffer().append(encode_tail(footer, trailer, compressor));
    written.bytes = file.offset();
    Result<void> finished = file.finish();
    if (!finished) return Failure(finished.error());
    return written;
}

}  // namespace

Result<WrittenSegment> write_segment(const SegmentContent& content, const std::filesystem::path& path,
                                     Disk& disk, const Rest& rest) {
    std::filesystem::path temporary = path;
    temporary += ".new";
    FileWriter file(temporary, disk);
    Result<void> opened = file.open();
    if (!opened) return Failure(opened.error());
    Result<WrittenSegment> written = write_rows(content, file, rest);
    if (!written) {
        ::unlink(temporary.c_str());
        return written;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("rename onto", path.native());
    Result<void> synced = sync_directory(path.parent_path());
    if (!synced) return Failure(synced.error());
    return written;
}

}  // namespace nightshift::recorder
