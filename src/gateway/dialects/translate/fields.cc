#include "gateway/dialects/translate/fields.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "gateway/dialects/json_cursor.h"

namespace nightshift::gateway::translate {

namespace json = boost::json;

void Problem::add(std::string_view path, std::string_view what) {
    if (text_.empty()) text_ = fmt::format("{} {}", path, what);
}

Fields::Fields(const json::object& object, std::string path, Problem& problem)
    : object_(object), path_(std::move(path)), problem_(problem), is_taken_(object.size()) {}

std::string Fields::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

std::string Fields::path_of(std::string_view key, size_t index) const {
    return fmt::format("{}[{}]", path_of(key), index);
}

const json::value* Fields::take(std::string_view key) {
    const auto found = object_.find(key);
    if (found == object_.end()) return nullptr;
    is_taken_[static_cast<size_t>(found - object_.begin())] = true;
    return found->value().is_null() ? nullptr : &found->value();
}

void Fields::wrong_type(std::string_view key, std::string_view wanted) {
    problem_.add(path_of(key), fmt::format("must be {}", wanted));
}

std::string Fields::text(std::string_view key) {
    const json::value* value = take(key);
    if (value == nullptr) return "";
    if (const json::string* text = value->if_string()) return {text->data(), text->size()};
    wrong_type(key, "a text");
    return "";
}

std::optional<int64_t> Fields::integer(std::string_view key) {
    const json::value* value = take(key);
    if (value == nullptr) return std::nullopt;
    json::error_code fault;
    const auto whole = value->to_number<int64_t>(fault);
    if (!fault) return whole;
    wrong_type(key, "a whole number");
    return std::nullopt;
}

std::optional<double> Fields::number(std::string_view key) {
    const json::value* value = take(key);
    if (value == nullptr) return std::nullopt;
    json::error_code fault;
    const auto number = value->to_number<double>(fault);
    if (!fault) return number;
    wrong_type(key, "a number");
    return std::nullopt;
}

std::optional<bool> Fields::flag(std::string_view key) {
    const json::value* value = take(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    wrong_type(key, "true or false");
    return std::nullopt;
}

const json::array* Fields::array(std::string_view key) {
    const json::value* value = take(key);
    if (value != nullptr && !value->is_array()) wrong_type(key, "an array");
    return value == nullptr ? nullptr : value->if_array();
}

const json::object* Fields::object(std::string_view key) {
    const json::value* value = take(key);
    if (value != nullptr && !value->is_object()) wrong_type(key, "an object");
    return value == nullptr ? nullptr : value->if_object();
}

void Fields::hints(std::initializer_list<std::string_view> keys) {
    for (std::string_view key : keys) take(key);
}

void Fields::ignore_if_default(std::string_view key, double value) {
    const std::optional<double> given = number(key);
    if (given && *given != value) problem_.add(path_of(key), "cannot be translated for this target");
}

void Fields::ignore_if_default(std::string_view key, bool value) {
    const std::optional<bool> given = flag(key);
    if (given && *given != value) problem_.add(path_of(key), "cannot be translated for this target");
}

void Fields::close() {
    size_t index = 0;
    for (const json::key_value_pair& member : object_) {
        if (is_taken_[index++] || member.value().is_null()) continue;
        problem_.add(path_of(member.key()), "cannot be translated for this target");
    }
}

std::string to_json(const json::value& value) {
    return json::serialize(value);
}

bool parse_json(std::string_view text, json::value& out) {
    json::parse_options options;
    options.max_depth = JsonCursor::kDepthMax;
    json::error_code fault;
    json::parser parser(out.storage(), options);
    parser.write(text.data(), text.size(), fault);
    if (fault) return false;
    out = parser.release();
    return true;
}

std::optional<std::string> json_object_text(std::string_view text) {
    if (trim(text).empty()) return "{}";
    json::value parsed;
    if (!parse_json(text, parsed) || !parsed.is_object()) return std::nullopt;
    return json::serialize(parsed);
}

}  // namespace nightshift::gateway::translate
