#include "recorder/number_codec.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace nightshift::recorder {
namespace {

uint8_t width_of(uint64_t range) {
    return static_cast<uint8_t>((64 - std::countl_zero(range | 1) + 7) / 8);
}

void to_planes(const uint64_t* values, size_t count, uint8_t width, std::string& out) {
    out.resize(count * width);
    for (uint8_t plane = 0; plane < width; ++plane) {
        char* to = out.data() + plane * count;
        for (size_t i = 0; i < count; ++i) to[i] = static_cast<char>(values[i] >> (8 * plane));
    }
}

// Width is a template argument so that each loop is a plain vector loop.
template <int kWidth, class T>
void from_planes(const uint8_t* planes, size_t count, uint64_t base, T* out) {
    for (size_t i = 0; i < count; ++i) {
        uint64_t value = 0;
        for (int plane = 0; plane < kWidth; ++plane) {
            value |= static_cast<uint64_t>(planes[static_cast<size_t>(plane) * count + i]) << (8 * plane);
        }
        out[i] = static_cast<T>(value + base);
    }
}

template <class T>
void from_planes(const uint8_t* planes, size_t count, int width, uint64_t base, T* out) {
    switch (width) {
        case 1:
            return from_planes<1>(planes, count, base, out);
        case 2:
            return from_planes<2>(planes, count, base, out);
        case 3:
            return from_planes<3>(planes, count, base, out);
        case 4:
            return from_planes<4>(planes, count, base, out);
        case 5:
            return from_planes<5>(planes, count, base, out);
        case 6:
            return from_planes<6>(planes, count, base, out);
        case 7:
            return from_planes<7>(planes, count, base, out);
        default:
            return from_planes<8>(planes, count, base, out);
    }
}

}  // namespace

void NumberMeta::encode(std::string& out) const {
    put_varint(out, zigzag(min));
    put_varint(out, zigzag(max));
    put_fixed(out, encoding);
    if (encoding == kConstant) return;
    put_fixed(out, width);
    put_varint(out, zigzag(base));
    put_varint(out, stored);
    put_fixed(out, checksum);
}

NumberMeta NumberMeta::decode(WireReader& reader) {
    NumberMeta meta;
    meta.min = reader.signed_varint();
    meta.max = reader.signed_varint();
    meta.encoding = reader.fixed<uint8_t>();
    if (meta.encoding == kConstant) return meta;
    meta.width = reader.fixed<uint8_t>();
    meta.base = reader.signed_varint();
    meta.stored = static_cast<uint32_t>(reader.varint());
    meta.checksum = reader.fixed<uint32_t>();
    return meta;
}

NumberMeta encode_numbers(const int64_t* values, size_t count, bool is_running, Compressor& compressor,
                          std::string& out) {
    NumberMeta meta;
    if (count == 0) return meta;
    auto [min, max] = std::minmax_element(values, values + count);
    meta.min = *min;
    meta.max = *max;
    if (meta.min == meta.max) return meta;

    // All arithmetic is modulo 2^64, so that any numbers survive.
    std::vector<uint64_t> work(count);
    uint64_t base = static_cast<uint64_t>(meta.min);
    if (is_running) {
        auto before = static_cast<uint64_t>(meta.min);
        for (size_t i = 0; i < count; ++i) {
            auto value = static_cast<uint64_t>(values[i]);
            work[i] = zigzag(static_cast<int64_t>(value - before));
            before = value;
        }
        base = *std::min_element(work.begin(), work.end());
    } else {
        for (size_t i = 0; i < count; ++i) work[i] = static_cast<uint64_t>(values[i]);
    }
    uint64_t top = 0;
    for (uint64_t& value : work) {
        value -= base;
        top = std::max(top, value);
    }
    meta.base = static_cast<int64_t>(base);
    meta.width = width_of(top);
    std::string planes;
    to_planes(work.data(), count, meta.width, planes);
    size_t start = out.size();
    bool is_packed = compressor.append(out, planes);
    meta.encoding = static_cast<uint8_t>((is_running ? NumberMeta::kDeltaPlanes : NumberMeta::kPlanes) |
                                         (is_packed ? NumberMeta::kZstd : 0));
    meta.stored = static_cast<uint32_t>(out.size() - start);
    meta.checksum = checksum32(std::string_view(out).substr(start));
    return meta;
}

template <class T>
Result<void> decode_numbers(const NumberMeta& meta, std::string_view stored, size_t count,
                            CodecScratch& scratch, T* out) {
    if (meta.encoding == NumberMeta::kConstant) {
        std::fill_n(out, count, static_cast<T>(meta.min));
        return {};
    }
    if (meta.width < 1 || meta.width > 8) return fail(Code::kCorrupt, "a column of width {}", meta.width);
    if (checksum32(stored) != meta.checksum) return fail(Code::kCorrupt, "a column has a wrong checksum");
    size_t raw_bytes = count * meta.width;
    std::string_view raw = stored;
    if ((meta.encoding & NumberMeta::kZstd) != 0) {
        scratch.raw.resize(std::max(scratch.raw.size(), raw_bytes));
        Result<void> unpacked = scratch.decompressor.into(scratch.raw.data(), raw_bytes, stored);
        if (!unpacked) return unpacked;
        raw = std::string_view(scratch.raw).substr(0, raw_bytes);
    }
    if (raw.size() != raw_bytes)
        return fail(Code::kCorrupt, "a column of {} bytes, not {}", raw.size(), raw_bytes);
    const auto* planes = reinterpret_cast<const uint8_t*>(raw.data());
    auto base = static_cast<uint64_t>(meta.base);
    if ((meta.encoding & ~NumberMeta::kZstd) == NumberMeta::kPlanes) {
        from_planes(planes, count, meta.width, base, out);
        return {};
    }
    std::vector<uint64_t> differences(count);
    from_planes(planes, count, meta.width, base, differences.data());
    auto value = static_cast<uint64_t>(meta.min);
    for (size_t i = 0; i < count; ++i) {
        value += static_cast<uint64_t>(unzigzag(differences[i]));
        out[i] = static_cast<T>(value);
    }
    return {};
}

template Result<void> decode_numbers<int64_t>(const NumberMeta&, std::string_view, size_t, CodecScratch&,
                                              int64_t*);
template Result<void> decode_numbers<uint16_t>(const NumberMeta&, std::string_view, size_t, CodecScratch&,
                                               uint16_t*);

}  // namespace nightshift::recorder
