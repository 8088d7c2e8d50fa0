#include "base/json_path.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace nightshift {

namespace json = boost::json;

namespace {

constexpr std::string_view kLength = ".length()";

size_t characters(std::string_view text) {
    size_t count = 0;
    for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return count;
}

Failure broken(std::string_view path, std::string_view rest, std::string_view wanted) {
    return fail(Code::kInvalid, "the path '{}' is broken at {}: {}", path, path.size() - rest.size(), wanted);
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
    JsonPath path;
    path.text_ = text;
    if (!text.starts_with('$')) return broken(text, text, "it must start with $");
    std::string_view rest = text.substr(1);
    while (!rest.empty()) {
        if (path.steps_.size() >= kStepsMax)
            return fail(Code::kInvalid, "the path '{}' has more than {} steps", text, kStepsMax);
        if (rest == kLength) {
            path.steps_.push_back({.kind = Step::Kind::kLength, .name = {}});
            break;
        }
        if (rest.starts_with('[')) {
            if (auto taken = path.parse_bracket(rest); !taken) return Failure(taken.error());
            continue;
        }
        if (!rest.starts_with('.')) return broken(text, rest, "'.' or '[' must follow");
        std::string_view name = rest.substr(1, rest.find_first_of(".[", 1) - 1);
        if (name.empty()) return broken(text, rest, "a name must follow '.'");
        if (name.find_first_of("()*'\" ]") != name.npos) {
            return broken(text, rest,
                          "write an unusual name as ['name'] and all elements as [*]; length() is last");
        }
        path.steps_.push_back({.kind = Step::Kind::kMember, .name = std::string(name)});
        rest.remove_prefix(1 + name.size());
    }
    return path;
}

Result<void> JsonPath::parse_bracket(std::string_view& rest) {
    Step step;
    size_t end = rest.find(']');
    char quote = rest.size() > 1 ? rest[1] : ' ';
    if (quote == '\'' || quote == '"') {
        size_t close = rest.find(quote, 2);
        if (close == rest.npos || !rest.substr(close + 1).starts_with(']'))
            return broken(text_, rest, "the quoted name must end in ']'");
        step.name = rest.substr(2, close - 2);
        end = close + 1;
    } else if (end == rest.npos) {
        return broken(text_, rest, "']' is missing");
    } else if (rest.substr(1, end - 1) == "*") {
        step.kind = Step::Kind::kEvery;
    } else {
        std::optional<int64_t> index = parse_int(rest.substr(1, end - 1));
        if (!index) return broken(text_, rest, "[0], [-1], [*] or ['name'] is expected");
        step.kind = Step::Kind::kElement;
        step.index = *index;
    }
    steps_.push_back(std::move(step));
    rest.remove_prefix(end + 1);
    return {};
}

bool JsonPath::is_plural() const {
    for (const Step& step : steps_) {
        if (step.kind == Step::Kind::kEvery) return true;
    }
    return false;
}

void JsonPath::follow(const Step& step, const json::value& value, std::vector<Found>& found) {
    if (found.size() >= kFoundMax) return;
    switch (step.kind) {
        case Step::Kind::kMember:
            if (!value.is_object()) return;
            if (const json::value* member = value.get_object().if_contains(step.name))
                found.push_back({.value = member});
            return;
        case Step::Kind::kElement: {
            if (!value.is_array()) return;
            auto size = static_cast<int64_t>(value.get_array().size());
            int64_t index = step.index < 0 ? size + step.index : step.index;
            if (index < 0 || index >= size) return;
            found.push_back({.value = &value.get_array()[static_cast<size_t>(index)]});
            return;
        }
        case Step::Kind::kEvery:
            if (value.is_array()) {
                for (const json::value& each : value.get_array()) {
                    if (found.size() < kFoundMax) found.push_back({.value = &each});
                }
            } else if (value.is_object()) {
                for (const auto& member : value.get_object()) {
                    if (found.size() < kFoundMax) found.push_back({.value = &member.value()});
                }
            }
            return;
        case Step::Kind::kLength:
            if (value.is_array()) found.push_back({.length = value.get_array().size()});
            if (value.is_object()) found.push_back({.length = value.get_object().size()});
            if (value.is_string()) found.push_back({.length = characters(value.get_string())});
            return;
    }
}

std::vector<JsonPath::Found> JsonPath::find(const json::value& document) const {
    std::vector<Found> found{{.value = &document}};
    for (const Step& step : steps_) {
        std::vector<Found> next;
        for (const Found& each : found) follow(step, *each.value, next);
        found = std::move(next);
    }
    return found;
}

}  // namespace nightshift
