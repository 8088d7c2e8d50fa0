#include "ingest/openclaw/signature.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <vector>

namespace nightshift::ingest::openclaw {

namespace json = boost::json;

namespace {

// FNV-1a: signatures are stored, so the function must never change between builds.
class Hash {
public:
    void add(std::string_view bytes) {
        for (char byte : bytes) add(byte);
    }
    void add(char byte) { state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3u; }
    std::string hex() const { return fmt::format("{:016x}", state_); }

private:
    uint64_t state_ = 0xcbf29ce484222325u;
};

void add_value(Hash& hash, const json::value& value);

void add_object(Hash& hash, const json::object& object) {
    std::vector<const json::key_value_pair*> members;
    members.reserve(object.size());
    for (const json::key_value_pair& member : object) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->key() < b->key(); });
    hash.add('{');
    for (const json::key_value_pair* member : members) {
        hash.add({member->key().data(), member->key().size()});
        hash.add(':');
        add_value(hash, member->value());
    }
    hash.add('}');
}

void add_value(Hash& hash, const json::value& value) {
    if (value.is_object()) {
        add_object(hash, value.get_object());
    } else if (value.is_array()) {
        hash.add('[');
        for (const json::value& item : value.get_array()) add_value(hash, item);
        hash.add(']');
    } else if (value.is_string()) {
        hash.add('"');
        hash.add({value.get_string().data(), value.get_string().size()});
    } else {
        hash.add(json::serialize(value));
    }
    hash.add('\n');
}

}  // namespace

std::string call_signature(std::string_view tool, const json::value* arguments) {
    Hash hash;
    hash.add(tool);
    hash.add('\n');
    if (arguments != nullptr) add_value(hash, *arguments);
    return hash.hex();
}

std::string result_signature(bool is_error, std::string_view result) {
    Hash hash;
    hash.add(is_error ? '!' : '.');
    for (char c : result)
        if (c < '0' || c > '9') hash.add(c);
    return hash.hex();
}

std::string span_of(std::string_view text) {
    Hash hash;
    hash.add(text);
    return hash.hex();
}

}  // namespace nightshift::ingest::openclaw
