#include "cli/json.h"

#include <boost/json.hpp>

namespace nightshift::cli {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found && found->is_string() ? std::string(found->as_string()) : "";
}

int64_t number_at(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found && found->is_number() ? found->to_number<int64_t>() : 0;
}

}  // namespace nightshift::cli
