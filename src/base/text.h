#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift {

// Appends `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD, so the output is always
// valid JSON.
void append_json_string(std::string& out, std::string_view text);

bool is_valid_utf8(std::string_view text);
// A copy with every invalid byte replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);
// The longest prefix of at most `bytes_max` bytes that does not cut a UTF-8 sequence.
std::string_view truncate_utf8(std::string_view text, size_t bytes_max);

std::string to_hex(const void* bytes, size_t size);
// Lower or upper case; nothing when the length is odd or a digit is wrong.
std::optional<std::string> from_hex(std::string_view hex);

std::string base64_encode(std::string_view bytes);
std::string base64url_encode(std::string_view bytes);
// Accepts both alphabets, with or without padding.
std::optional<std::string> base64_decode(std::string_view text);

// %XX and nothing else; `+` stays. Nothing on a broken escape.
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

bool equals_ignore_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

// The whole text as a number, or nothing.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<uint64_t> parse_uint(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// Takes the same time for every `given` of one length: for comparing secrets.
bool equals_constant_time(std::string_view given, std::string_view expected);

// The candidate nearest to `word` by edit distance, if near enough to be a typing error.
std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates);

}  // namespace nightshift
