#include "recorder/text_codec.h"

#include <algorithm>
#include <array>

namespace nightshift::recorder {
namespace {

constexpr size_t kUuidDigits = 36;
constexpr size_t kRawMax = 1u << 30;

constexpr std::array<int8_t, 256> kDigits = [] {
    std::array<int8_t, 256> digits{};
    for (size_t i = 0; i < digits.size(); ++i) {
        bool is_digit = i >= '0' && i <= '9';
        bool is_letter = i >= 'a' && i <= 'f';
        digits[i] = static_cast<int8_t>(is_digit    ? static_cast<int>(i) - '0'
                                        : is_letter ? static_cast<int>(i) - 'a' + 10
                                                    : -1);
    }
    return digits;
}();

int digit_of(char c) {
    return kDigits[static_cast<unsigned char>(c)];
}
char to_digit(int value) {
    return "0123456789abcdef"[value];
}

bool is_dash(size_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return digit_of(c) >= 0; });
}

bool is_uuid(std::string_view text) {
    if (text.size() != kUuidDigits) return false;
    for (size_t i = 0; i < kUuidDigits; ++i) {
        if (is_dash(i) ? text[i] != '-' : digit_of(text[i]) < 0) return false;
    }
    return true;
}

DictionaryMeta::Packing packing_of(const TextDictionary& dictionary) {
    size_t digits = dictionary.at(1).size();
    bool can_hex = digits % 2 == 0 && digits >= 4 && digits <= 64;
    bool can_uuid = digits == kUuidDigits;
    for (uint32_t code = 1; code < dictionary.size() && (can_hex || can_uuid); ++code) {
        std::string_view text = dictionary.at(code);
        can_hex = can_hex && text.size() == digits && is_hex(text);
        can_uuid = can_uuid && is_uuid(text);
    }
    if (can_hex) return DictionaryMeta::kHex;
    return can_uuid ? DictionaryMeta::kUuids : DictionaryMeta::kTexts;
}

void pack_digits(std::string_view text, std::string& out) {
    int high = -1;
    for (char c : text) {
        int digit = digit_of(c);
        if (digit < 0) continue;  // the dash of a UUID
        if (high < 0) {
            high = digit;
        } else {
            out.push_back(static_cast<char>(high << 4 | digit));
            high = -1;
        }
    }
}

void unpack_hex(std::string_view bytes, size_t each, TextDictionary& out) {
    char digits[64];
    for (size_t at = 0; at < bytes.size(); at += each) {
        for (size_t i = 0; i < each; ++i) {
            auto byte = static_cast<unsigned char>(bytes[at + i]);
            digits[2 * i] = to_digit(byte >> 4);
            digits[2 * i + 1] = to_digit(byte & 15);
        }
        out.append({digits, 2 * each});
    }
}

void unpack_uuids(std::string_view bytes, TextDictionary& out) {
    char digits[kUuidDigits];
    for (size_t at = 0; at < bytes.size(); at += 16) {
        size_t nibble = 0;
        for (size_t i = 0; i < kUuidDigits; ++i) {
            if (is_dash(i)) {
                digits[i] = '-';
                continue;
            }
            auto byte = static_cast<unsigned char>(bytes[at + nibble / 2]);
            digits[i] = to_digit(nibble % 2 == 0 ? byte >> 4 : byte & 15);
            ++nibble;
        }
        out.append({digits, kUuidDigits});
    }
}

Result<void> unpack(const DictionaryMeta& meta, std::string_view raw, TextDictionary& out) {
    uint8_t packing = meta.packing & ~DictionaryMeta::kZstd;
    if (packing == DictionaryMeta::kHex) {
        if (raw.empty()) return fail(Code::kCorrupt, "a dictionary without its width");
        size_t each = static_cast<uint8_t>(raw[0]) / 2;
        raw.remove_prefix(1);
        if (each == 0 || each > 32 || raw.size() != each * meta.distinct)
            return fail(Code::kCorrupt, "a dictionary of hex does not fit");
        unpack_hex(raw, each, out);
    } else if (packing == DictionaryMeta::kUuids) {
        if (raw.size() != size_t{16} * meta.distinct)
            return fail(Code::kCorrupt, "a dictionary of UUIDs does not fit");
        unpack_uuids(raw, out);
    } else {
        // All lengths, then all bytes.
        WireReader lengths(raw);
        std::vector<size_t> sizes(meta.distinct);
        for (size_t& size : sizes) size = lengths.varint();
        for (size_t size : sizes) {
            std::string_view text = lengths.bytes(size);
            if (!lengths.is_ok() || text.empty())
                return fail(Code::kCorrupt, "a dictionary of texts does not fit");
            out.append(text);
        }
    }
    return {};
}

}  // namespace

void DictionaryMeta::encode(std::string& out) const {
    put_varint(out, distinct);
    if (distinct == 0) return;
    put_fixed(out, packing);
    put_varint(out, raw);
    put_varint(out, stored);
    put_fixed(out, checksum);
}

DictionaryMeta DictionaryMeta::decode(WireReader& reader) {
    DictionaryMeta meta;
    meta.distinct = static_cast<uint32_t>(reader.varint());
    if (meta.distinct == 0) return meta;
    meta.packing = reader.fixed<uint8_t>();
    meta.raw = static_cast<uint32_t>(reader.varint());
    meta.stored = static_cast<uint32_t>(reader.varint());
    meta.checksum = reader.fixed<uint32_t>();
    return meta;
}

DictionaryMeta encode_dictionary(const TextDictionary& dictionary, Compressor& compressor, std::string& out) {
    DictionaryMeta meta;
    meta.distinct = dictionary.size() - 1;
    if (meta.distinct == 0) return meta;
    DictionaryMeta::Packing packing = packing_of(dictionary);
    std::string raw;
    if (packing == DictionaryMeta::kTexts) {
        for (uint32_t code = 1; code < dictionary.size(); ++code) put_varint(raw, dictionary.at(code).size());
        for (uint32_t code = 1; code < dictionary.size(); ++code) raw.append(dictionary.at(code));
    } else {
        if (packing == DictionaryMeta::kHex) raw.push_back(static_cast<char>(dictionary.at(1).size()));
        for (uint32_t code = 1; code < dictionary.size(); ++code) pack_digits(dictionary.at(code), raw);
    }
    meta.raw = static_cast<uint32_t>(raw.size());
    size_t start = out.size();
    bool is_packed = compressor.append(out, raw);
    meta.packing = static_cast<uint8_t>(packing | (is_packed ? DictionaryMeta::kZstd : 0));
    meta.stored = static_cast<uint32_t>(out.size() - start);
    meta.checksum = checksum32(std::string_view(out).substr(start));
    return meta;
}

Result<void> decode_dictionary(const DictionaryMeta& meta, std::string_view stored, CodecScratch& scratch,
                               TextDictionary& out) {
    out.clear();
    if (meta.distinct == 0) return {};
    if (checksum32(stored) != meta.checksum) return fail(Code::kCorrupt, "a dictionary has a wrong checksum");
    if (meta.raw > kRawMax) return fail(Code::kCorrupt, "a dictionary of {} bytes", meta.raw);
    std::string_view raw = stored;
    if ((meta.packing & DictionaryMeta::kZstd) != 0) {
        scratch.raw.resize(std::max<size_t>(scratch.raw.size(), meta.raw));
        Result<void> unpacked = scratch.decompressor.into(scratch.raw.data(), meta.raw, stored);
        if (!unpacked) return unpacked;
        raw = std::string_view(scratch.raw).substr(0, meta.raw);
    }
    if (raw.size() != meta.raw)
        return fail(Code::kCorrupt, "a dictionary of {} bytes, not {}", raw.size(), meta.raw);
    out.reserve(meta.distinct, raw.size() * 2);
    return unpack(meta, raw, out);
}

}  // namespace nightshift::recorder
