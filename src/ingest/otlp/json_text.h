#pragma once

#include <string>
#include <string_view>

#include "ingest/otlp/attributes.h"

namespace nightshift::ingest::otlp {

// Appends `text` as a JSON string, sixteen bytes at a time; otherwise as append_json_string().
void append_json_text(std::string& out, std::string_view text);

// Whether every byte is below 128 and none needs an escape in JSON.
bool is_plain_ascii(std::string_view text);

void append_json_number(std::string& out, double number);
void append_json_number(std::string& out, int64_t number);

// Any value as plain JSON: bytes in base64, what is not a number (NaN) as null.
void append_json_value(std::string& out, const Value& value);

}  // namespace nightshift::ingest::otlp
