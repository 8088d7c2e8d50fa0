#include "recorder/compression.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

#include "base/assert.h"

namespace nightshift::recorder {

namespace {
constexpr int kLevel = 1;
}

Compressor::Compressor() : context_(ZSTD_createCCtx()) {
    NS_ASSERT(context_ != nullptr);
}
Compressor::~Compressor() {
    ZSTD_freeCCtx(context_);
}

void Compressor::append_frame(std::string& out, std::string_view raw) {
    size_t start = out.size();
    size_t bound = ZSTD_compressBound(raw.size());
    out.resize(start + bound);
    size_t size = ZSTD_compressCCtx(context_, out.data() + start, bound, raw.data(), raw.size(), kLevel);
    NS_ASSERT(ZSTD_isError(size) == 0);
    out.resize(start + size);
}

bool Compressor::append(std::string& out, std::string_view raw) {
    size_t start = out.size();
    append_frame(out, raw);
    if (out.size() - start < raw.size() - raw.size() / 20) return true;
    out.resize(start);
    out.append(raw);
    return false;
}

Decompressor::Decompressor() : context_(ZSTD_createDCtx()) {
    NS_ASSERT(context_ != nullptr);
}
Decompressor::~Decompressor() {
    ZSTD_freeDCtx(context_);
}

Result<void> Decompressor::into(char* out, size_t size, std::string_view frame) {
    size_t got = ZSTD_decompressDCtx(context_, out, size, frame.data(), frame.size());
    if (ZSTD_isError(got) != 0)
        return fail(Code::kCorrupt, "a zstd frame is damaged: {}", ZSTD_getErrorName(got));
    if (got != size) return fail(Code::kCorrupt, "a zstd frame holds {} bytes, not {}", got, size);
    return {};
}

uint32_t checksum32(std::string_view bytes) {
    return static_cast<uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace nightshift::recorder
