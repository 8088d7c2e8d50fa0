#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace nightshift::recorder {

// zstd at level 1. One thread each.
class Compressor {
public:
    Compressor();
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // Appends the frame and returns true; appends `raw` as it is and returns false when that is hardly
    // larger.
    bool append(std::string& out, std::string_view raw);
    // Always a frame.
    void append_frame(std::string& out, std::string_view raw);

private:
    ZSTD_CCtx_s* context_;
};

class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    // Fills exactly `size` bytes at `out`; kCorrupt when the frame holds something else.
    Result<void> into(char* out, size_t size, std::string_view frame);

private:
    ZSTD_DCtx_s* context_;
};

// The lower half of XXH3-64, as kept beside each piece of a segment.
uint32_t checksum32(std::string_view bytes);

}  // namespace nightshift::recorder
