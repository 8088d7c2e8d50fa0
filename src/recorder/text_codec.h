#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "recorder/number_codec.h"
#include "recorder/text_dictionary.h"

namespace nightshift::recorder {

// How the dictionary of a text column is stored; see docs/formats/segment.md, Encodings.
struct DictionaryMeta {
    enum Packing : uint8_t { kTexts = 0, kHex = 1, kUuids = 2, kZstd = 16 };

    uint32_t distinct = 0;  // without the empty text
    uint8_t packing = kTexts;
    uint32_t raw = 0;
    uint32_t stored = 0;
    uint32_t checksum = 0;
    uint64_t offset = 0;  // in the file; not written

    void encode(std::string& out) const;
    static DictionaryMeta decode(WireReader& reader);
};

// Appends the texts to `out`.
DictionaryMeta encode_dictionary(const TextDictionary& dictionary, Compressor& compressor, std::string& out);

// Fills `out` with what encode_dictionary appended; kCorrupt when it does not fit.
Result<void> decode_dictionary(const DictionaryMeta& meta, std::string_view stored, CodecScratch& scratch,
                               TextDictionary& out);

}  // namespace nightshift::recorder
