#include "app/json_at.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace nightshift::app {

namespace json = boost::json;

const json::value* json_at(const json::value& root, std::string_view path) {
    const json::value* here = &root;
    for (std::string_view name : split(path, '.')) {
        if (!here->is_object()) return nullptr;
        here = here->as_object().if_contains(name);
        if (here == nullptr) return nullptr;
    }
    return here;
}

std::string text_at(const json::value& root, std::string_view path) {
    const json::value* found = json_at(root, path);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

double number_at(const json::value& root, std::string_view path) {
    const json::value* found = json_at(root, path);
    if (found == nullptr || !found->is_number()) return 0;
    json::error_code error;
    double number = found->to_number<double>(error);
    return error ? 0 : number;
}

std::optional<Time> time_at(const json::value& root, std::string_view path) {
    auto ms = static_cast<int64_t>(number_at(root, path));
    return ms > 0 ? std::optional<Time>(from_unix_ms(ms)) : std::nullopt;
}

}  // namespace nightshift::app
