#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "base/text.h"

namespace nightshift {

// Writes one JSON object, member by member, at the end of a text; the caller closes it. Names need no
// escaping.
class JsonMembers {
public:
    explicit JsonMembers(std::string& out) : out_(out) { out_ += '{'; }

    JsonMembers& text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(out_, value);
        return *this;
    }
    // Left out when empty.
    JsonMembers& text_if(std::string_view name, std::string_view value) {
        return value.empty() ? *this : text(name, value);
    }
    template <class Integer>
    JsonMembers& integer(std::string_view name, Integer value) {
        key(name);
        fmt::format_to(std::back_inserter(out_), "{}", value);
        return *this;
    }
    JsonMembers& number(std::string_view name, double value) {
        key(name);
        fmt::format_to(std::back_inserter(out_), "{:.9g}", std::isfinite(value) ? value : 0.0);
        return *this;
    }
    JsonMembers& usd(std::string_view name, int64_t nano) {
        return number(name, static_cast<double>(nano) / 1e9);
    }
    JsonMembers& milliseconds(std::string_view name, int64_t us) { return integer(name, us / 1000); }
    JsonMembers& boolean(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
    // Left out when false.
    JsonMembers& flag(std::string_view name, bool value) { return value ? boolean(name, true) : *this; }
    // `json` is a JSON value already.
    JsonMembers& raw(std::string_view name, std::string_view json) {
        key(name);
        out_ += json;
        return *this;
    }
    // The caller appends the value itself.
    std::string& value(std::string_view name) {
        key(name);
        return out_;
    }
    void close() { out_ += '}'; }

private:
    void key(std::string_view name) {
        if (!is_first_) out_ += ',';
        is_first_ = false;
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }

    std::string& out_;
    bool is_first_ = true;
};

}  // namespace nightshift
