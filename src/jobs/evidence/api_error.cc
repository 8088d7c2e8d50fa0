#include "jobs/evidence/api_error.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace nightshift::jobs::evidence {

namespace json = boost::json;

namespace {

bool says_error(std::string_view key, const json::value& value) {
    if (key == "ok" || key == "success") return value.is_bool() && !value.get_bool();
    if (value.is_null() || (value.is_bool() && !value.get_bool())) return false;
    if (value.is_string()) return !value.get_string().empty();
    if (value.is_array()) return !value.get_array().empty();
    if (value.is_object()) return !value.get_object().empty();
    return !value.is_number() || value.to_number<double>() != 0;
}

bool is_about(std::string_view path, std::string_view key) {
    if (!path.starts_with("$.") && !path.starts_with("$['") && !path.starts_with("$[\"")) return false;
    std::string_view name = path.substr(path[1] == '.' ? 2 : 3);
    return name.starts_with(key) &&
           (name.size() == key.size() ||
            std::string_view(".['\"").find(name[key.size()]) != std::string_view::npos);
}

}  // namespace

std::optional<std::string> error_in(const json::value& body, const std::string& path) {
    if (!body.is_object()) return std::nullopt;
    for (std::string_view key : {"error", "errors", "ok", "success"}) {
        const json::value* value = body.get_object().if_contains(key);
        if (!value || is_about(path, key) || !says_error(key, *value)) continue;
        constexpr size_t kShownBytesMax = 120;
        return fmt::format("{}: {}", key, truncate_utf8(json::serialize(*value), kShownBytesMax));
    }
    return std::nullopt;
}

}  // namespace nightshift::jobs::evidence
