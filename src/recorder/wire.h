#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace nightshift::recorder {

// Numbers in files: little-endian fixed ones, LEB128 varints, zigzag for signed ones.

constexpr uint64_t zigzag(int64_t value) {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t unzigzag(uint64_t value) {
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

template <class T>
void put_fixed(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void put_varint(std::string& out, uint64_t value) {
    char bytes[10];
    size_t used = 0;
    while (value >= 0x80) {
        bytes[used++] = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    bytes[used++] = static_cast<char>(value);
    out.append(bytes, used);
}

inline void put_text(std::string& out, std::string_view text) {
    put_varint(out, text.size());
    out.append(text);
}

// Reads what the put functions wrote. After anything that does not fit it only gives zeros and is_ok() is
// false.
class WireReader {
public:
    explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    bool is_ok() const { return is_ok_; }
    size_t left() const { return static_cast<size_t>(end_ - at_); }

    template <class T>
    T fixed() {
        T value{};
        if (left() < sizeof value) {
            is_ok_ = false;
            return value;
        }
        std::memcpy(&value, at_, sizeof value);
        at_ += sizeof value;
        return value;
    }

    uint64_t varint() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at_ < end_; shift += 7) {
            auto byte = static_cast<unsigned char>(*at_++);
            value |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        is_ok_ = false;
        return 0;
    }

    std::string_view bytes(size_t size) {
        if (left() < size) {
            is_ok_ = false;
            return {};
        }
        std::string_view found(at_, size);
        at_ += size;
        return found;
    }

    std::string_view text() { return bytes(varint()); }
    int64_t signed_varint() { return unzigzag(varint()); }

private:
    const char* at_;
    const char* end_;
    bool is_ok_ = true;
};

}  // namespace nightshift::recorder
