#pragma once

#include <string>
#include <string_view>

#include "base/redact.h"
#include "ingest/otlp/attributes.h"

namespace nightshift::ingest {

// Builds a JSON object of attributes: secrets taken out, text made valid, long values cut, the whole kept
// under a limit. One object after another is built in the same memory.
class AttributeJson {
public:
    AttributeJson(const Redactor& redactor, size_t bytes_max) : redactor_(redactor), bytes_max_(bytes_max) {}

    // Starts an object; `head` are members rendered before ("" or `"a":1,"b":2`).
    void begin(std::string_view head = {});
    void add(std::string_view key, const otlp::Value& value);
    void add_text(std::string_view key, std::string_view text);
    void add_number(std::string_view key, double number);
    // The object, or "" when it has no members. Lives until the next begin().
    std::string_view finish();
    // The members without braces, for use as a head.
    std::string_view members() const { return std::string_view(out_).substr(1); }

private:
    void add_key(std::string_view key);
    void add_string(std::string_view key, std::string_view text);
    void add_json(std::string_view json);

    const Redactor& redactor_;
    const size_t bytes_max_;
    std::string out_;
    std::string redacted_;
    bool is_full_ = false;
};

}  // namespace nightshift::ingest
