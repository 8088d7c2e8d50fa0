#include "recorder/segment_format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace nightshift::recorder {
namespace {

constexpr uint32_t kTrailerMagic = 0x5445534E;  // "NSET"
constexpr uint32_t kVersion = 1;
constexpr size_t kFooterRawMax = 256u << 20;
constexpr size_t kBlocksMax = 1u << 16;
constexpr uint64_t kCubeRawMax = 64u << 20;
constexpr uint32_t kFrameRawMax = 2u << 30;

uint64_t footer_checksum(std::string_view stored, std::string_view trailer) {
    return XXH3_64bits_withSeed(stored.data(), stored.size(), XXH3_64bits(trailer.data(), 48));
}

void encode_block(const BlockMeta& block, std::string& out) {
    put_varint(out, block.rows);
    put_varint(out, block.offset);
    for (const NumberMeta& numbers : block.numbers) numbers.encode(out);
    for (const TextMeta& texts : block.texts) {
        texts.dictionary.encode(out);
        if (texts.dictionary.distinct != 0) texts.codes.encode(out);
    }
    block.attribute_lengths.encode(out);
    put_varint(out, block.frames.size());
    for (const FrameMeta& frame : block.frames) {
        put_varint(out, frame.raw);
        put_varint(out, frame.stored);
        put_fixed(out, frame.checksum);
    }
    for (const Bloom& bloom : block.blooms) {
        std::string bytes;
        bloom.encode(bytes);
        put_text(out, bytes);
    }
}

// Pieces follow one another in the file; `at` moves over them.
void place(NumberMeta& meta, uint64_t& at) {
    meta.offset = at;
    at += meta.stored;
}

Result<BlockMeta> decode_block(WireReader& reader, uint64_t file_bytes) {
    BlockMeta block;
    uint64_t rows = reader.varint();
    if (!reader.is_ok() || rows == 0 || rows > kBlockRowsMax)
        return fail(Code::kCorrupt, "a block of {} rows", rows);
    block.rows = static_cast<uint32_t>(rows);
    block.offset = reader.varint();
    uint64_t at = block.offset;
    for (NumberMeta& numbers : block.numbers) {
        numbers = NumberMeta::decode(reader);
        place(numbers, at);
    }
    for (TextMeta& texts : block.texts) {
        texts.dictionary = DictionaryMeta::decode(reader);
        if (texts.dictionary.distinct == 0) continue;
        if (texts.dictionary.distinct > rows)
            return fail(Code::kCorrupt, "a dictionary larger than its block");
        texts.codes = NumberMeta::decode(reader);
        place(texts.codes, at);
        texts.dictionary.offset = at;
        at += texts.dictionary.stored;
    }
    block.attribute_lengths = NumberMeta::decode(reader);
    place(block.attribute_lengths, at);
    if (reader.varint() != (rows + kFrameRows - 1) / kFrameRows)
        return fail(Code::kCorrupt, "a block without all its frames");
    block.frames.resize((rows + kFrameRows - 1) / kFrameRows);
    for (FrameMeta& frame : block.frames) {
        frame.raw = static_cast<uint32_t>(reader.varint());
        frame.stored = static_cast<uint32_t>(reader.varint());
        frame.checksum = reader.fixed<uint32_t>();
        if (frame.raw > kFrameRawMax) return fail(Code::kCorrupt, "a frame of {} bytes", frame.raw);
        frame.offset = at;
        at += frame.stored;
    }
    for (Bloom& bloom : block.blooms) bloom = Bloom::decode(reader.text());
    if (!reader.is_ok() || at > file_bytes || block.offset > at)
        return fail(Code::kCorrupt, "a block reaches beyond the file");
    return block;
}

void encode_cube_entry(const CubeEntry& cube, std::string& out) {
    put_fixed(out,
              static_cast<uint8_t>(static_cast<uint8_t>(cube.kind) + (cube.is_minutes ? kCubeKinds : 0)));
    put_varint(out, cube.raw);
    put_varint(out, cube.stored);
    put_fixed(out, cube.checksum);
}

Result<CubeEntry> decode_cube_entry(WireReader& reader) {
    CubeEntry cube;
    auto id = reader.fixed<uint8_t>();
    uint64_t raw = reader.varint();
    uint64_t stored = reader.varint();
    cube.checksum = reader.fixed<uint32_t>();
    if (!reader.is_ok() || id >= 2 * kCubeKinds || raw > kCubeRawMax || stored > kCubeRawMax) {
        return fail(Code::kCorrupt, "a cube {} of {} bytes", id, raw);
    }
    cube.is_minutes = id >= kCubeKinds;
    cube.kind = static_cast<CubeKind>(id % kCubeKinds);
    cube.raw = static_cast<uint32_t>(raw);
    cube.stored = static_cast<uint32_t>(stored);
    return cube;
}

}  // namespace

size_t Footer::bytes() const {
    return sizeof(Footer) + blocks.size() * (sizeof(BlockMeta) + 2048);
}

std::string encode_tail(const Footer& footer, Trailer trailer, Compressor& compressor) {
    std::string raw;
    put_text(raw, footer.tenant);
    put_varint(raw, footer.replaces.size());
    for (uint64_t number : footer.replaces) put_varint(raw, number);
    put_varint(raw, footer.rollup_offset);
    put_varint(raw, footer.cubes.size());
    for (const CubeEntry& cube : footer.cubes) encode_cube_entry(cube, raw);
    put_varint(raw, footer.blocks.size());
    for (const BlockMeta& block : footer.blocks) encode_block(block, raw);

    std::string tail;
    compressor.append_frame(tail, raw);
    trailer.footer_stored = static_cast<uint32_t>(tail.size());
    trailer.footer_raw = static_cast<uint32_t>(raw.size());
    std::string bytes;
    put_fixed(bytes, trailer.rows);
    put_fixed(bytes, trailer.time_min);
    put_fixed(bytes, trailer.time_max);
    put_fixed(bytes, trailer.first_row);
    put_fixed(bytes, trailer.last_row);
    put_fixed(bytes, trailer.footer_stored);
    put_fixed(bytes, trailer.footer_raw);
    put_fixed(bytes, footer_checksum(tail, bytes));
    put_fixed(bytes, kVersion);
    put_fixed(bytes, kTrailerMagic);
    return tail + bytes;
}

Result<Trailer> decode_trailer(std::string_view bytes) {
    WireReader reader(bytes);
    Trailer trailer;
    trailer.rows = reader.fixed<uint64_t>();
    trailer.time_min = reader.fixed<int64_t>();
    trailer.time_max = reader.fixed<int64_t>();
    trailer.first_row = reader.fixed<uint64_t>();
    trailer.last_row = reader.fixed<uint64_t>();
    trailer.footer_stored = reader.fixed<uint32_t>();
    trailer.footer_raw = reader.fixed<uint32_t>();
    reader.fixed<uint64_t>();
    auto version = reader.fixed<uint32_t>();
    auto magic = reader.fixed<uint32_t>();
    if (!reader.is_ok() || bytes.size() != kTrailerBytes || magic != kTrailerMagic) {
        return fail(Code::kCorrupt, "it does not end as a segment does");
    }
    if (version != kVersion)
        return fail(Code::kCorrupt, "it has version {}; this program reads {}", version, kVersion);
    if (trailer.footer_raw > kFooterRawMax)
        return fail(Code::kCorrupt, "its footer claims {} bytes", trailer.footer_raw);
    return trailer;
}

Result<Footer> parse_footer(std::string_view raw, uint64_t file_bytes) {
    WireReader reader(raw);
    Footer footer;
    footer.tenant = reader.text();
    uint64_t replaced = reader.varint();
    if (replaced > reader.left()) return fail(Code::kCorrupt, "its footer is cut");
    for (uint64_t i = 0; i < replaced; ++i) footer.replaces.push_back(reader.varint());
    footer.rollup_offset = reader.varint();
    uint64_t cubes = reader.varint();
    if (cubes > 2 * kCubeKinds || footer.rollup_offset > file_bytes)
        return fail(Code::kCorrupt, "its rollup does not fit");
    uint64_t at = footer.rollup_offset;
    for (uint64_t i = 0; i < cubes; ++i) {
        NS_TRY(CubeEntry cube, decode_cube_entry(reader));
        cube.offset = at;
        at += cube.stored;
        footer.cubes.push_back(cube);
    }
    uint64_t blocks = reader.varint();
    if (!reader.is_ok() || blocks > kBlocksMax || at > file_bytes)
        return fail(Code::kCorrupt, "its footer does not fit");
    for (uint64_t i = 0; i < blocks; ++i) {
        NS_TRY(BlockMeta block, decode_block(reader, file_bytes));
        footer.blocks.push_back(std::move(block));
    }
    return footer;
}

Result<Footer> decode_footer(std::string_view stored, std::string_view trailer_bytes, uint64_t file_bytes) {
    NS_TRY(Trailer trailer, decode_trailer(trailer_bytes));
    uint64_t sum = WireReader(trailer_bytes.substr(48)).fixed<uint64_t>();
    if (footer_checksum(stored, trailer_bytes) != sum)
        return fail(Code::kCorrupt, "its footer has a wrong checksum");
    std::string raw(trailer.footer_raw, '\0');
    Result<void> unpacked = Decompressor().into(raw.data(), raw.size(), stored);
    if (!unpacked) return Failure(unpacked.error());

    NS_TRY(Footer footer, parse_footer(raw, file_bytes));
    uint64_t rows = 0;
    for (const BlockMeta& block : footer.blocks) rows += block.rows;
    if (rows != trailer.rows)
        return fail(Code::kCorrupt, "its blocks hold {} rows, not {}", rows, trailer.rows);
    return footer;
}

}  // namespace nightshift::recorder
