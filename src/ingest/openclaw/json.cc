#include "ingest/openclaw/json.h"

#include <boost/json.hpp>
#include <cmath>

#include "base/text.h"

namespace nightshift::ingest::openclaw {

namespace json = boost::json;

std::string_view text(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr || !found->is_string()) return {};
    return {found->get_string().data(), found->get_string().size()};
}

int64_t number(const json::object& object, std::string_view key, int64_t fallback) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr) return fallback;
    if (found->is_int64()) return found->get_int64();
    if (found->is_double()) {
        double value = found->get_double();
        bool fits = std::isfinite(value) && std::abs(value) < 9e18;
        return fits ? static_cast<int64_t>(value) : fallback;
    }
    return fallback;
}

double real(const json::object& object, std::string_view key, double fallback) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr) return fallback;
    if (found->is_double()) return std::isfinite(found->get_double()) ? found->get_double() : fallback;
    if (found->is_int64()) return static_cast<double>(found->get_int64());
    if (found->is_uint64()) return static_cast<double>(found->get_uint64());
    return fallback;
}

bool flag(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr && found->is_bool() && found->get_bool();
}

bool has(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr && !found->is_null();
}

const json::object& as_object(const json::value& value) {
    static const json::object kEmpty;
    return value.is_object() ? value.get_object() : kEmpty;
}

const json::object& child(const json::object& object, std::string_view key) {
    static const json::value kNull;
    const json::value* found = object.if_contains(key);
    return as_object(found == nullptr ? kNull : *found);
}

const json::array& items(const json::object& object, std::string_view key) {
    static const json::array kEmpty;
    const json::value* found = object.if_contains(key);
    return found != nullptr && found->is_array() ? found->get_array() : kEmpty;
}

void ObjectWriter::key(std::string_view name) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, name);
    out_ += ':';
}

void ObjectWriter::add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    append_json_string(out_, value);
}

void ObjectWriter::add_number(std::string_view name, int64_t value) {
    key(name);
    out_ += std::to_string(value);
}

void ObjectWriter::add_flag(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
}

void ObjectWriter::add_json(std::string_view name, std::string_view json_value) {
    if (json_value.empty()) return;
    key(name);
    out_ += json_value;
}

std::string ObjectWriter::take() {
    if (!out_.empty()) out_ += '}';
    return std::move(out_);
}

}  // namespace nightshift::ingest::openclaw
