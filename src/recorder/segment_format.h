#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "recorder/bloom.h"
#include "recorder/columns.h"
#include "recorder/text_codec.h"

namespace nightshift::recorder {

// The parts of a segment file; see docs/formats/segment.md.

inline constexpr std::string_view kSegmentMagic = "NSSEG001";
inline constexpr uint32_t kBlockRowsMax = 16384;
inline constexpr uint32_t kFrameRows = 1024;
inline constexpr size_t kTrailerBytes = 64;

// Text columns with a Bloom filter, in the order of the footer.
inline constexpr std::array<Text, 4> kBloomColumns = {Text::kAgent, Text::kSession, Text::kTurn,
                                                      Text::kTrace};

struct TextMeta {
    NumberMeta codes;
    DictionaryMeta dictionary;
};

struct FrameMeta {
    uint32_t raw = 0;
    uint32_t stored = 0;
    uint32_t checksum = 0;
    uint64_t offset = 0;  // in the file; not written
};

struct BlockMeta {
    uint32_t rows = 0;
    uint64_t offset = 0;
    std::array<NumberMeta, kNumberColumns> numbers;
    std::array<TextMeta, kTextColumns> texts;
    NumberMeta attribute_lengths;
    std::vector<FrameMeta> frames;
    std::array<Bloom, kBloomColumns.size()> blooms;
};

// Kinds of rollup cubes; see docs/formats/rollup.md.
enum class CubeKind : uint8_t { kAgent = 0, kName = 1, kModel = 2 };
inline constexpr size_t kCubeKinds = 3;

struct CubeEntry {
    CubeKind kind = CubeKind::kAgent;
    bool is_minutes = false;
    uint32_t raw = 0;
    uint32_t stored = 0;
    uint32_t checksum = 0;
    uint64_t offset = 0;  // in the file; not written
};

struct Footer {
    std::string tenant;
    std::vector<uint64_t> replaces;  // numbers of the segments this one was made of
    uint64_t rollup_offset = 0;
    std::vector<CubeEntry> cubes;  // one after the other from there
    std::vector<BlockMeta> blocks;

    size_t bytes() const;
};

struct Trailer {
    uint64_t rows = 0;
    int64_t time_min = 0;
    int64_t time_max = 0;
    uint64_t first_row = 0;
    uint64_t last_row = 0;  // everything up to it is sealed once the checkpoint says so
    uint32_t footer_stored = 0;
    uint32_t footer_raw = 0;
};

// The footer's frame and the trailer, to be written at the end.
std::string encode_tail(const Footer& footer, Trailer trailer, Compressor& compressor);

// The footer from its raw bytes; every piece it names lies inside a file of `file_bytes`. kCorrupt.
Result<Footer> parse_footer(std::string_view raw, uint64_t file_bytes);

// kCorrupt for anything but the last 64 bytes of a segment.
Result<Trailer> decode_trailer(std::string_view bytes);
// `stored` is the frame, `trailer_bytes` the 64 bytes behind it; `file_bytes` bounds what the footer may
// point to.
Result<Footer> decode_footer(std::string_view stored, std::string_view trailer_bytes, uint64_t file_bytes);

}  // namespace nightshift::recorder
