#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "recorder/compression.h"
#include "recorder/wire.h"

namespace nightshift::recorder {

// How a column of numbers is stored; see docs/formats/segment.md, Encodings.
struct NumberMeta {
    enum Encoding : uint8_t { kConstant = 0, kPlanes = 1, kDeltaPlanes = 2, kZstd = 16 };

    int64_t min = 0;
    int64_t max = 0;
    uint8_t encoding = kConstant;
    uint8_t width = 0;
    int64_t base = 0;
    uint32_t stored = 0;
    uint32_t checksum = 0;
    uint64_t offset = 0;  // in the file; not written, pieces follow one another

    void encode(std::string& out) const;
    static NumberMeta decode(WireReader& reader);
};

// Appends the column to `out`. `is_running`: neighbours are near to one another, so store differences.
NumberMeta encode_numbers(const int64_t* values, size_t count, bool is_running, Compressor& compressor,
                          std::string& out);

// Memory a reader keeps between columns.
struct CodecScratch {
    Decompressor decompressor;
    std::string stored;
    std::string raw;
};

// `stored` is what encode_numbers appended. T is int64_t, or uint16_t for codes. kCorrupt when it does not
// fit.
template <class T>
Result<void> decode_numbers(const NumberMeta& meta, std::string_view stored, size_t count,
                            CodecScratch& scratch, T* out);

}  // namespace nightshift::recorder
