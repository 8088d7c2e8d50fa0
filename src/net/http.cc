#include "net/http.h"

#include <algorithm>

#include "base/text.h"

namespace nightshift::net {
namespace {

// A component of application/x-www-form-urlencoded: '+' is a space. Nothing on a broken escape.
std::optional<std::string> form_decode(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced);
}

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::kGet:
            return "GET";
        case Method::kHead:
            return "HEAD";
        case Method::kPost:
            return "POST";
        case Method::kPut:
            return "PUT";
        case Method::kPatch:
            return "PATCH";
        case Method::kDelete:
            return "DELETE";
        case Method::kOptions:
            return "OPTIONS";
        case Method::kOther:
            return "OTHER";
    }
    return "OTHER";
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
        if (field.size() == name.size() && equals_ignore_case(field, name)) return value;
    }
    return std::nullopt;
}

std::string_view Headers::get(std::string_view name) const {
    return find(name).value_or(std::string_view());
}

void Headers::add(std::string_view name, std::string_view value) {
    if (fields_.empty()) fields_.reserve(kUsual);
    fields_.emplace_back(name, value);
}

void Headers::set(std::string_view name, std::string_view value) {
    std::erase_if(fields_, [&](const auto& field) { return equals_ignore_case(field.first, name); });
    add(name, value);
}

std::optional<std::string> Request::query_value(std::string_view name) const {
    for (std::string_view pair : split(query, '&')) {
        size_t equals = std::min(pair.find('='), pair.size());
        auto key = form_decode(pair.substr(0, equals));
        if (key != name) continue;
        return form_decode(pair.substr(std::min(equals + 1, pair.size())));
    }
    return std::nullopt;
}

Response Response::text(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

Response Response::json(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

Response Response::empty(int status) {
    Response response;
    response.status = status;
    return response;
}

}  // namespace nightshift::net
