#include "jobs/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "jobs/words.h"

namespace nightshift::jobs {

namespace json = boost::json;

namespace {

std::optional<uint64_t> parse_bytes(std::string_view text) {
    size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    auto count = parse_uint(text.substr(0, digits));
    std::string unit = to_lower(text.substr(digits));
    uint64_t factor = unit.empty() || unit == "b" ? 1
                      : unit == "kb"              ? 1'000
                      : unit == "mb"              ? 1'000'000
                      : unit == "gb"              ? 1'000'000'000
                                                  : 0;
    if (!count || factor == 0 || *count > UINT64_MAX / factor) return std::nullopt;
    return *count * factor;
}

std::string shown(const json::value& value) {
    return std::string(truncate_utf8(json::serialize(value), 80));
}

}  // namespace

bool is_name(std::string_view text) {
    auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= kNameBytesMax && std::all_of(text.begin(), text.end(), is_allowed);
}

const json::value* JsonReader::at(std::string_view key) {
    known_.emplace_back(key);
    return object_.if_contains(json::string_view(key.data(), key.size()));
}

std::string JsonReader::path_to(std::string_view key) const {
    if (path_.empty()) return std::string(key);
    return key.empty() ? path_ : fmt::format("{}.{}", path_, key);
}

bool JsonReader::has(std::string_view key) const {
    return object_.contains(json::string_view(key.data(), key.size()));
}

void JsonReader::complain(std::string_view key, std::string message) {
    problems_.push_back({path_to(key), std::move(message)});
}

const json::value* JsonReader::raw(std::string_view key) {
    return at(key);
}

void JsonReader::text(std::string_view key, std::string& value) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    if (!found->is_string()) return complain(key, fmt::format("is {}, but must be a text", shown(*found)));
    value = std::string(found->get_string());
}

void JsonReader::texts(std::string_view key, std::vector<std::string>& values) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    if (!found->is_array())
        return complain(key, fmt::format("is {}, but must be a list of texts", shown(*found)));
    values.clear();
    for (const json::value& each : found->get_array()) {
        if (!each.is_string())
            return complain(key, fmt::format("holds {}, but must be a list of texts", shown(each)));
        values.emplace_back(each.get_string());
    }
}

void JsonReader::texts_by_name(std::string_view key, std::map<std::string, std::string>& values) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    if (!found->is_object())
        return complain(key, fmt::format("is {}, but must map names to texts", shown(*found)));
    values.clear();
    for (const auto& [name, each] : found->get_object()) {
        std::string value = each.is_string() ? std::string(each.get_string()) : json::serialize(each);
        values[std::string(name)] = std::move(value);
    }
}

void JsonReader::boolean(std::string_view key, bool& value) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    if (!found->is_bool())
        return complain(key, fmt::format("is {}, but must be true or false", shown(*found)));
    value = found->get_bool();
}

void JsonReader::integer(std::string_view key, uint64_t& value, uint64_t min, uint64_t max) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    boost::system::error_code error;
    auto number = found->to_number<uint64_t>(error);
    if (error || number < min || number > max)
        return complain(
            key, fmt::format("is {}, but must be a whole number from {} to {}", shown(*found), min, max));
    value = number;
}

void JsonReader::duration(std::string_view key, std::chrono::seconds& value) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    std::optional<std::chrono::seconds> parsed;
    if (found->is_string()) parsed = parse_duration(std::string_view(found->get_string()));
    if (!parsed)
        return complain(key,
                        fmt::format("is {}, but must be a duration like 90s, 15m, 12h, 30d", shown(*found)));
    value = *parsed;
}

void JsonReader::bytes(std::string_view key, uint64_t& value) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    auto parsed =
        parse_bytes(found->is_string() ? std::string(found->get_string()) : json::serialize(*found));
    if (!parsed)
        return complain(key, fmt::format("is {}, but must be a size like 512MB or 2GB", shown(*found)));
    value = *parsed;
}

void JsonReader::choice(std::string_view key, size_t& value, const std::vector<std::string_view>& allowed) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    std::string given = found->is_string() ? std::string(found->get_string()) : std::string();
    auto place = std::find(allowed.begin(), allowed.end(), given);
    if (place == allowed.end()) {
        return complain(key,
                        fmt::format("is {}, but must be one of {}", shown(*found), fmt::join(allowed, ", ")));
    }
    value = static_cast<size_t>(place - allowed.begin());
}

void JsonReader::object(std::string_view key, const std::function<void(JsonReader&)>& read) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    if (!found->is_object()) return complain(key, fmt::format("is {}, but must be a mapping", shown(*found)));
    JsonReader inner(found->get_object(), path_to(key), problems_);
    read(inner);
    inner.done();
}

void JsonReader::list(std::string_view key,
                      const std::function<void(const json::value&, std::string)>& read) {
    const json::value* found = at(key);
    if (found == nullptr) return;
    if (!found->is_array()) return complain(key, fmt::format("is {}, but must be a list", shown(*found)));
    size_t index = 0;
    for (const json::value& each : found->get_array())
        read(each, fmt::format("{}[{}]", path_to(key), index++));
}

void JsonReader::done() {
    std::vector<std::string_view> known(known_.begin(), known_.end());
    for (const auto& [key, value] : object_) {
        std::string_view name(key.data(), key.size());
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        auto near = nearest(name, known);
        complain(name, near ? fmt::format("is no known key; did you mean {}?", *near) : "is no known key");
    }
}

}  // namespace nightshift::jobs
