// A segment as it might lie on a damaged disk: footers, columns, dictionaries, cubes. Checksums stop most
// damage, so the parts are tried behind them too.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "recorder/cube.h"
#include "recorder/segment_format.h"

using namespace nightshift;
using namespace nightshift::recorder;

namespace {

// A frame of `raw` with a trailer that fits, so that only the content of the footer is hostile.
void try_footer(std::string_view raw) {
    Compressor compressor;
    std::string stored;
    compressor.append_frame(stored, raw);
    Result<Footer> plain = decode_footer(stored, std::string(kTrailerBytes, '\0'), 1u << 20);
    if (plain) std::abort();
    Result<Footer> footer = parse_footer(raw, 1u << 20);
    if (!footer) return;
    for (const BlockMeta& block : footer->blocks) {
        if (block.rows == 0 || block.rows > kBlockRowsMax) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    uint8_t which = data[0];
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    CodecScratch scratch;
    switch (which % 5) {
        case 0:
            try_footer(bytes);
            break;
        case 1: {
            Result<Trailer> trailer = decode_trailer(bytes);
            static_cast<void>(trailer);
            break;
        }
        case 2: {
            WireReader reader(bytes);
            NumberMeta meta = NumberMeta::decode(reader);
            std::string_view stored = reader.bytes(reader.left());
            meta.checksum = checksum32(stored);
            std::vector<int64_t> numbers(100);
            std::vector<uint16_t> codes(100);
            static_cast<void>(
                decode_numbers(meta, stored, numbers.size(), scratch, numbers.data()).has_value());
            static_cast<void>(decode_numbers(meta, stored, codes.size(), scratch, codes.data()).has_value());
            break;
        }
        case 3: {
            WireReader reader(bytes);
            DictionaryMeta meta = DictionaryMeta::decode(reader);
            std::string_view stored = reader.bytes(reader.left());
            meta.checksum = checksum32(stored);
            meta.raw = std::min<uint32_t>(meta.raw, 1u << 20);
            meta.distinct = std::min<uint32_t>(meta.distinct, kBlockRowsMax);
            TextDictionary dictionary;
            Result<void> decoded = decode_dictionary(meta, stored, scratch, dictionary);
            if (decoded && dictionary.size() != meta.distinct + 1) std::abort();
            break;
        }
        default: {
            Result<Cube> cube = Cube::decode(bytes, static_cast<CubeKind>(which / 5 % kCubeKinds),
                                             which > 128, 1'790'000'000'000'000);
            if (cube &&
                Cube::decode(cube->encode(), cube->kind, cube->is_minutes, 1'790'000'000'000'000)->rows() !=
                    cube->rows())
                std::abort();
            break;
        }
    }
    return 0;
}
