#include "incidents/document.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <limits>

namespace nightshift::incidents {

namespace json = boost::json;

// Beyond it microseconds do not fit, and no incident is that old.
constexpr int64_t kMillisecondsMax = std::numeric_limits<int64_t>::max() / 1'000;

const json::value* Document::find(std::string_view name) const {
    const json::value* found = object_.if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

void Document::complain(std::string_view name, std::string_view what) {
    if (!error_) error_ = Error{Code::kCorrupt, fmt::format("{}{} {}", path_, name, what)};
}

void Document::read(std::string_view name, std::string& value) {
    const json::value* found = find(name);
    if (found == nullptr) return;
    if (!found->is_string()) return complain(name, "is no text");
    value.assign(found->get_string().data(), found->get_string().size());
}

void Document::read(std::string_view name, SharedText& value) {
    const json::value* found = find(name);
    if (found == nullptr) return;
    if (!found->is_string()) return complain(name, "is no text");
    value = std::string_view(found->get_string().data(), found->get_string().size());
}

void Document::read(std::string_view name, std::vector<std::string>& values) {
    const json::value* found = find(name);
    if (found == nullptr) return;
    if (!found->is_array()) return complain(name, "is no list");
    for (const json::value& each : found->get_array()) {
        if (!each.is_string()) return complain(name, "holds something that is no text");
        values.emplace_back(each.get_string().data(), each.get_string().size());
    }
}

void Document::read(std::string_view name, bool& value) {
    const json::value* found = find(name);
    if (found == nullptr) return;
    if (!found->is_bool()) return complain(name, "is neither true nor false");
    value = found->get_bool();
}

std::optional<int64_t> Document::integer(std::string_view name, int64_t min, int64_t max) {
    const json::value* found = find(name);
    if (found == nullptr) return std::nullopt;
    boost::system::error_code error;
    auto value = found->to_number<int64_t>(error);
    if (error || value < min || value > max) {
        complain(name, "is no number that fits");
        return std::nullopt;
    }
    return value;
}

void Document::read(std::string_view name, int& value) {
    if (auto given = integer(name, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()))
        value = static_cast<int>(*given);
}

void Document::read(std::string_view name, uint32_t& value) {
    if (auto given = integer(name, 0, std::numeric_limits<uint32_t>::max()))
        value = static_cast<uint32_t>(*given);
}

void Document::read(std::string_view name, uint64_t& value) {
    if (auto given = integer(name, 0, std::numeric_limits<int64_t>::max()))
        value = static_cast<uint64_t>(*given);
}

void Document::read(std::string_view name, Labels& value) {
    const json::object* inner = inner_of(name);
    if (inner == nullptr) return;
    std::vector<Labels::Pair> pairs;
    for (const auto& [key, each] : *inner) {
        if (!each.is_string()) return complain(name, "holds something that is no text");
        pairs.emplace_back(std::string_view(key.data(), key.size()),
                           std::string_view(each.get_string().data(), each.get_string().size()));
    }
    value = Labels(pairs);
}

void Document::read(std::string_view name, microseconds& value) {
    if (auto given = integer(name, 0, std::numeric_limits<int64_t>::max())) value = microseconds(*given);
}

void Document::read(std::string_view name, Time& value) {
    if (auto given = integer(name, -kMillisecondsMax, kMillisecondsMax)) value = from_unix_ms(*given);
}

void Document::read(std::string_view name, std::optional<Time>& value) {
    if (auto given = integer(name, -kMillisecondsMax, kMillisecondsMax)) value = from_unix_ms(*given);
}

void Document::read_usd(std::string_view name, int64_t& nano) {
    const json::value* found = find(name);
    if (found == nullptr) return;
    boost::system::error_code error;
    auto usd = found->to_number<double>(error);
    if (error || !std::isfinite(usd) || std::abs(usd) > 1e9) return complain(name, "is no sum of money");
    nano = std::llround(usd * 1e9);
}

void Document::read_hex(std::string_view name, uint64_t& value) {
    std::string text;
    read(name, text);
    if (text.empty()) return;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc() || end != text.data() + text.size()) complain(name, "is no hexadecimal number");
}

const json::object* Document::inner_of(std::string_view name) {
    const json::value* found = find(name);
    if (found == nullptr) return nullptr;
    if (!found->is_object()) complain(name, "is no object");
    return found->if_object();
}

std::vector<const json::object*> Document::entries_of(std::string_view name) {
    std::vector<const json::object*> entries;
    const json::value* found = find(name);
    if (found == nullptr) return entries;
    if (!found->is_array()) {
        complain(name, "is no list");
        return entries;
    }
    for (const json::value& each : found->get_array()) {
        if (!each.is_object()) {
            complain(name, "holds something that is no object");
            return entries;
        }
        entries.push_back(&each.get_object());
    }
    return entries;
}

}  // namespace nightshift::incidents
