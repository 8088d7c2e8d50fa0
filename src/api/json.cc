#include "api/json.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace nightshift::api {
namespace json = boost::json;

Result<json::object> parse_body(const std::string& body) {
    if (trim(body).empty()) return json::object();
    json::error_code error;
    json::parse_options options;
    options.max_depth = 32;
    json::value value = json::parse(body, error, {}, options);
    if (error) return fail(Code::kInvalid, "the body is not JSON: {}", error.message());
    if (!value.is_object()) return fail(Code::kInvalid, "the body must be a JSON object");
    return std::move(value.as_object());
}

Result<std::string> string_member(const json::object& object, std::string_view name,
                                  std::string_view missing) {
    const json::value* found = object.if_contains(name);
    if (found == nullptr || found->is_null()) return std::string(missing);
    if (!found->is_string()) return fail(Code::kInvalid, "{} must be a text", name);
    return std::string(found->as_string());
}

Result<int64_t> integer_member(const json::object& object, std::string_view name, int64_t missing) {
    const json::value* found = object.if_contains(name);
    if (found == nullptr || found->is_null()) return missing;
    json::error_code error;
    auto number = found->to_number<int64_t>(error);
    if (error) return fail(Code::kInvalid, "{} must be a whole number", name);
    return number;
}

Result<std::vector<std::string>> strings_member(const json::object& object, std::string_view name) {
    std::vector<std::string> texts;
    const json::value* found = object.if_contains(name);
    if (found == nullptr || found->is_null()) return texts;
    if (!found->is_array()) return fail(Code::kInvalid, "{} must be a list of texts", name);
    for (const json::value& each : found->as_array()) {
        if (!each.is_string()) return fail(Code::kInvalid, "{} must be a list of texts", name);
        texts.emplace_back(each.as_string());
    }
    return texts;
}

net::Response json_answer(int status, const json::value& value) {
    return net::Response::json(status, json::serialize(value));
}

Result<int64_t> integer_parameter(const net::Request& request, std::string_view name, int64_t missing,
                                  int64_t min, int64_t max) {
    auto text = request.query_value(name);
    if (!text || text->empty()) return missing;
    auto number = parse_int(*text);
    if (!number || *number < min || *number > max) {
        return fail(Code::kInvalid, "{} must be a whole number from {} to {}", name, min, max);
    }
    return *number;
}

}  // namespace nightshift::api
