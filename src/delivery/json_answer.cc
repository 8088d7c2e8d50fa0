#include "delivery/json_answer.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace nightshift::delivery {

namespace json = boost::json;

std::unique_ptr<json::value> parse_answer(std::string_view body) {
    boost::system::error_code error;
    json::value value = json::parse(json::string_view(body.data(), body.size()), error);
    if (error) return nullptr;
    return std::make_unique<json::value>(std::move(value));
}

const json::value* value_at(const json::value& root, std::string_view path) {
    if (path == "$") return &root;
    if (path.starts_with("$.")) path.remove_prefix(2);
    const json::value* at = &root;
    for (std::string_view name : split(path, '.')) {
        if (const json::object* object = at->if_object()) {
            at = object->if_contains(json::string_view(name.data(), name.size()));
        } else if (const json::array* array = at->if_array()) {
            auto index = parse_uint(name);
            at = index ? array->if_contains(static_cast<size_t>(*index)) : nullptr;
        } else {
            at = nullptr;
        }
        if (at == nullptr) return nullptr;
    }
    return at;
}

std::string text_at(const json::value& root, std::string_view path) {
    const json::value* value = value_at(root, path);
    if (value == nullptr) return "";
    if (value->is_string()) return std::string(value->get_string().c_str(), value->get_string().size());
    if (value->is_int64()) return std::to_string(value->get_int64());
    if (value->is_uint64()) return std::to_string(value->get_uint64());
    return "";
}

}  // namespace nightshift::delivery
