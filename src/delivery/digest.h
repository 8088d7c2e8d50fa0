#pragma once

#include <string>
#include <string_view>

namespace nightshift::delivery {

// SHA-256 as 64 hex digits.
std::string sha256_hex(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104), 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// A UUID made of a name: always the same for the same name (RFC 9562, version 8).
std::string uuid_of(std::string_view name);

}  // namespace nightshift::delivery
