#include "jobs/evidence/keys.h"

#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <cmath>

#include "base/text.h"

namespace nightshift::jobs::evidence {

namespace json = boost::json;

namespace {

struct Unit {
    std::string_view name;
    int64_t ms;
};
// Longest name first where one begins with the other.
constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr int64_t kDurationMsMax = 366LL * 86'400'000;
constexpr size_t kShownBytesMax = 60;

std::string shown(const json::value& value) {
    std::string text = json::serialize(value);
    if (text.size() <= kShownBytesMax) return text;
    return std::string(truncate_utf8(text, kShownBytesMax)) + "…";
}

std::optional<double> number_of(const json::value& value) {
    if (!value.is_number()) return std::nullopt;
    return value.to_number<double>();
}

}  // namespace

std::string joined(const std::vector<std::string_view>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

Failure unknown_key(std::string_view where, std::string_view key,
                    const std::vector<std::string_view>& known) {
    std::optional<std::string_view> near = nearest(key, known);
    return fail(Code::kInvalid, "'{}' is not a key of {}{} Allowed: {}", key, where,
                near ? fmt::format("; did you mean '{}'?", *near) : ".", joined(known));
}

Keys::Keys(std::string where, const json::value& value, std::vector<std::string_view> known)
    : where_(std::move(where)), known_(std::move(known)) {
    if (!value.is_object()) {
        refuse(fmt::format("{} is {}, not an object with some of the keys {}", where_, shown(value),
                           fmt::join(known_, ", ")));
        return;
    }
    object_ = &value.get_object();
    for (const auto& member : *object_) {
        std::string_view key = member.key();
        bool is_known = std::find(known_.begin(), known_.end(), key) != known_.end();
        if (!is_known) refuse(unknown_key(where_, key, known_).value().message);
    }
}

const json::value* Keys::find(std::string_view key) const {
    return object_ ? object_->if_contains(key) : nullptr;
}

std::optional<std::string> Keys::text(std::string_view key) {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    if (value->is_string() && !value->get_string().empty()) return std::string(value->get_string());
    complain(key, "a text that is not empty");
    return std::nullopt;
}

std::optional<double> Keys::number(std::string_view key) {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    std::optional<double> number = number_of(*value);
    if (!number) complain(key, "a number");
    return number;
}

std::optional<uint64_t> Keys::count(std::string_view key) {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    std::optional<double> number = number_of(*value);
    if (number && *number >= 0 && *number <= 9e15 && *number == std::floor(*number))
        return static_cast<uint64_t>(*number);
    complain(key, "a whole number from 0 up");
    return std::nullopt;
}

std::optional<bool> Keys::flag(std::string_view key) {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    complain(key, "true or false");
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> Keys::duration(std::string_view key) {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    std::optional<std::chrono::milliseconds> duration;
    if (value->is_string()) duration = parse_duration(std::string_view(value->get_string()));
    if (!duration) complain(key, "a duration like \"500ms\", \"5s\", \"10m\", \"1h30m\" or \"1d\"");
    return duration;
}

std::vector<std::string> Keys::texts(std::string_view key) {
    std::vector<std::string> texts;
    const json::value* value = find(key);
    if (!value) return texts;
    bool is_good = value->is_array() && !value->get_array().empty();
    if (is_good) {
        for (const json::value& each : value->get_array()) {
            is_good = is_good && each.is_string();
            if (each.is_string()) texts.emplace_back(each.get_string());
        }
    }
    if (!is_good) complain(key, "an array of texts that is not empty");
    return texts;
}

std::vector<int> Keys::integers(std::string_view key, int low, int high) {
    std::vector<int> numbers;
    const json::value* value = find(key);
    if (!value) return numbers;
    auto take = [&](const json::value& each) {
        std::optional<double> number = number_of(each);
        if (!number || *number < low || *number > high || *number != std::floor(*number)) return false;
        numbers.push_back(static_cast<int>(*number));
        return true;
    };
    bool is_good = true;
    if (value->is_array()) {
        is_good = !value->get_array().empty();
        for (const json::value& each : value->get_array()) is_good = take(each) && is_good;
    } else {
        is_good = take(*value);
    }
    if (!is_good) complain(key, fmt::format("a whole number from {} to {}, or an array of them", low, high));
    return numbers;
}

std::string Keys::required(std::string_view key) {
    if (object_ && !has(key)) refuse(fmt::format("{} needs the key '{}'", where_, key));
    return text(key).value_or("");
}

void Keys::complain(std::string_view key, std::string_view wanted) {
    const json::value* value = find(key);
    refuse(fmt::format("{}.{} is {}; it must be {}", where_, key, value ? shown(*value) : "absent", wanted));
}

void Keys::refuse(std::string message) {
    if (problem_.empty()) problem_ = std::move(message);
}

Result<void> Keys::check() const {
    if (problem_.empty()) return {};
    return fail(Code::kInvalid, "{}", problem_);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    int64_t total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        size_t digits = text.find_first_not_of("0123456789.");
        if (digits == 0 || digits == text.npos || digits > 12) return std::nullopt;
        std::optional<double> count = parse_double(text.substr(0, digits));
        text.remove_prefix(digits);
        const Unit* unit = nullptr;
        for (const Unit& each : kUnits) {
            if (text.starts_with(each.name) && !unit) unit = &each;
        }
        if (!count || !unit) return std::nullopt;
        text.remove_prefix(unit->name.size());
        double ms = *count * static_cast<double>(unit->ms);
        if (ms > static_cast<double>(kDurationMsMax)) return std::nullopt;
        total += std::llround(ms);
    }
    if (total > kDurationMsMax) return std::nullopt;
    return std::chrono::milliseconds(total);
}

std::string duration_text(std::chrono::milliseconds duration) {
    int64_t left = duration.count();
    std::string text;
    for (size_t i = std::size(kUnits); i-- > 0;) {
        int64_t count = left / kUnits[i].ms;
        left -= count * kUnits[i].ms;
        if (count > 0) text += fmt::format("{}{}", count, kUnits[i].name);
    }
    return text.empty() ? "0s" : text;
}

}  // namespace nightshift::jobs::evidence
