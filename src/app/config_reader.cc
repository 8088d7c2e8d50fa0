#include "app/config_reader.h"

#include <yaml-cpp/yaml.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"

namespace nightshift::app {

namespace {

ConfigProblem problem_at(const YAML::Mark& mark, std::string message) {
    return {mark.is_null() ? 1 : mark.line + 1, mark.is_null() ? 1 : mark.column + 1, std::move(message)};
}

}  // namespace

struct ConfigReader::State {
    YAML::Node node;
    std::string path;  // "server." for messages
    const Environment& environment;
    std::vector<ConfigProblem>& problems;
    std::vector<std::string> known;

    void complain(const YAML::Mark& mark, std::string message) {
        problems.push_back(problem_at(mark, std::move(message)));
    }

    // The value at `key`, or an undefined node; the key becomes known.
    YAML::Node at(std::string_view key) {
        known.emplace_back(key);
        if (!node.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
        return std::as_const(node)[std::string(key)];
    }

    // The scalar with ${NAME} replaced; nothing, with a problem, when it is no scalar or a variable is not
    // set.
    std::optional<std::string> scalar(const YAML::Node& value, std::string_view key) {
        if (!value.IsScalar()) {
            complain(value.Mark(), fmt::format("{}{} must be a single value", path, key));
            return std::nullopt;
        }
        std::string out;
        std::string_view rest = value.Scalar();
        for (;;) {
            size_t start = rest.find("${");
            out += rest.substr(0, start);
            if (start == std::string_view::npos) return out;
            rest.remove_prefix(start + 2);
            size_t end = rest.find('}');
            if (end == std::string_view::npos) {
                complain(value.Mark(), fmt::format("{}{} has a ${{ without }}", path, key));
                return std::nullopt;
            }
            std::string name(rest.substr(0, end));
            auto set = environment(name);
            if (!set) {
                complain(value.Mark(), fmt::format("{}{} reads ${{{}}}, which is not set in the environment",
                                                   path, key, name));
                return std::nullopt;
            }
            out += *set;
            rest.remove_prefix(end + 1);
        }
    }

    // The same for a secret, which must not stand in the file itself.
    std::optional<std::string> secret(const YAML::Node& value, std::string_view key) {
        const bool is_written =
            value.IsScalar() && !(value.Scalar().starts_with("${") && value.Scalar().ends_with("}"));
        if (!is_written) return scalar(value, key);
        complain(value.Mark(),
                 fmt::format("{}{} is a secret and must not stand in the file: write ${{NAME}} and set "
                             "NAME in the environment",
                             path, key));
        return std::nullopt;
    }

    // Parses the scalar at `key` with `parse`; `expected` says in the problem what it should have looked
    // like.
    template <class T, class Parse>
    void value(std::string_view key, T& to, std::string_view expected, Parse parse) {
        YAML::Node found = at(key);
        if (!found.IsDefined()) return;
        auto read = scalar(found, key);
        if (!read) return;
        if (auto parsed = parse(*read)) {
            to = std::move(*parsed);
        } else {
            complain(found.Mark(), fmt::format("{}{} is \"{}\", but must be {}", path, key, *read, expected));
        }
    }
};

namespace {

struct Unit {
    std::string_view suffix;
    uint64_t factor;
};

std::optional<uint64_t> parse_with_unit(std::string_view text, std::initializer_list<Unit> units) {
    for (const Unit& unit : units) {
        if (!text.ends_with(unit.suffix)) continue;
        auto number = parse_uint(trim(text.substr(0, text.size() - unit.suffix.size())));
        if (!number || *number > UINT64_MAX / 2 / unit.factor) return std::nullopt;
        return *number * unit.factor;
    }
    return std::nullopt;
}

std::optional<bool> parse_boolean(const std::string& text) {
    for (std::string_view yes : {"true", "yes", "on"}) {
        if (equals_ignore_case(text, yes)) return true;
    }
    for (std::string_view no : {"false", "no", "off"}) {
        if (equals_ignore_case(text, no)) return false;
    }
    return std::nullopt;
}

// A plain scalar is what it looks like; a quoted one is a text.
void append_scalar(std::string& out, const YAML::Node& node) {
    const std::string& text = node.Scalar();
    bool is_quoted = node.Tag() == "!";
    if (!is_quoted && (text == "true" || text == "false")) {
        out += text;
    } else if (auto integer = parse_int(text); !is_quoted && integer) {
        out += std::to_string(*integer);
    } else if (auto number = parse_double(text); !is_quoted && number && std::isfinite(*number)) {
        out += fmt::format("{}", *number);
    } else {
        append_json_string(out, text);
    }
}

void append_json(std::string& out, const YAML::Node& node) {
    if (node.IsScalar()) return append_scalar(out, node);
    if (!node.IsMap() && !node.IsSequence()) {
        out += "null";
        return;
    }
    bool is_map = node.IsMap();
    out += is_map ? '{' : '[';
    bool is_first = true;
    for (const auto& each : node) {
        if (!is_first) out += ',';
        is_first = false;
        if (is_map) {
            append_json_string(out, each.first.IsScalar() ? each.first.Scalar() : "?");
            out += ':';
        }
        append_json(out, is_map ? each.second : static_cast<const YAML::Node&>(each));
    }
    out += is_map ? '}' : ']';
}

// The deepest value on the way along `path` that is there.
YAML::Node follow(YAML::Node node, std::string_view path) {
    while (!path.empty()) {
        size_t end = std::min(path.find_first_of(".["), path.size());
        std::string_view key = path.substr(0, end);
        if (!key.empty()) {
            if (!node.IsMap()) return node;
            YAML::Node next = std::as_const(node)[std::string(key)];
            if (!next.IsDefined()) return node;
            node.reset(next);
        }
        path.remove_prefix(end);
        if (path.starts_with('[')) {
            auto index = parse_uint(path.substr(1, path.find(']') - 1));
            if (!index || !node.IsSequence() || *index >= node.size()) return node;
            node.reset(node[*index]);
            path.remove_prefix(std::min(path.find(']') + 1, path.size()));
        }
        if (path.starts_with('.')) path.remove_prefix(1);
    }
    return node;
}

}  // namespace

ConfigReader::ConfigReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ConfigReader::~ConfigReader() = default;

std::unique_ptr<ConfigReader> ConfigReader::parse(std::string_view yaml, const Environment& environment,
                                                  std::vector<ConfigProblem>& problems) {
    auto state = std::make_unique<State>(State{YAML::Node(), "", environment, problems, {}});
    try {
        state->node = YAML::Load(std::string(yaml));
        if (state->node.IsDefined() && !state->node.IsNull() && !state->node.IsMap()) {
            state->complain(state->node.Mark(), "the file must be a mapping of sections");
        }
    } catch (const YAML::Exception& error) {
        state->complain(error.mark, error.msg);
        state->node = YAML::Node();
    }
    return std::unique_ptr<ConfigReader>(new ConfigReader(std::move(state)));
}

void ConfigReader::text(std::string_view key, std::string& value) {
    state_->value(key, value, "a text", [](const std::string& text) { return std::optional(text); });
}

void ConfigReader::choice(std::string_view key, std::string& value, std::vector<std::string_view> allowed) {
    std::string expected = fmt::format("one of {}", fmt::join(allowed, ", "));
    state_->value(key, value, expected, [&](const std::string& text) -> std::optional<std::string> {
        for (std::string_view each : allowed) {
            if (each == text) return text;
        }
        return std::nullopt;
    });
}

void ConfigReader::texts(std::string_view key, std::vector<std::string>& values) {
    YAML::Node found = state_->at(key);
    if (!found.IsDefined()) return;
    if (!found.IsSequence()) {
        state_->complain(found.Mark(), fmt::format("{}{} must be a list", state_->path, key));
        return;
    }
    values.clear();
    for (const YAML::Node& item : found) {
        if (auto text = state_->scalar(item, key)) values.push_back(std::move(*text));
    }
}

void ConfigReader::literals(std::string_view key, std::vector<std::string>& values) {
    YAML::Node found = state_->at(key);
    if (!found.IsDefined()) return;
    values.clear();
    auto take = [&](const YAML::Node& item) {
        if (item.IsScalar()) return values.push_back(item.Scalar());
        state_->complain(item.Mark(),
                         fmt::format("{}{} must be a text, or a list of them", state_->path, key));
    };
    if (!found.IsSequence()) return take(found);
    for (const YAML::Node& item : found) take(item);
}

void ConfigReader::texts_by_name(std::string_view key, std::map<std::string, std::string>& values) {
    YAML::Node found = state_->at(key);
    if (!found.IsDefined()) return;
    if (!found.IsMap()) {
        state_->complain(found.Mark(), fmt::format("{}{} must map names to texts", state_->path, key));
        return;
    }
    for (const auto& pair : found) {
        if (auto text = state_->scalar(pair.second, key)) values[pair.first.Scalar()] = std::move(*text);
    }
}

bool ConfigReader::has(std::string_view key) const {
    return state_->node.IsMap() && std::as_const(state_->node)[std::string(key)].IsDefined();
}

bool ConfigReader::is_list(std::string_view key) const {
    return has(key) && std::as_const(state_->node)[std::string(key)].IsSequence();
}

void ConfigReader::integer(std::string_view key, int64_t& value, int64_t min, int64_t max) {
    std::string expected = fmt::format("a whole number from {} to {}", min, max);
    state_->value(key, value, expected, [&](const std::string& text) -> std::optional<int64_t> {
        auto number = parse_int(text);
        return number && *number >= min && *number <= max ? number : std::nullopt;
    });
}

void ConfigReader::number(std::string_view key, double& value) {
    state_->value(key, value, "a number that is not negative",
                  [](const std::string& text) -> std::optional<double> {
                      auto number = parse_double(text);
                      return number && *number >= 0 ? number : std::nullopt;
                  });
}

void ConfigReader::boolean(std::string_view key, bool& value) {
    state_->value(key, value, "true or false", parse_boolean);
}

void ConfigReader::duration(std::string_view key, std::chrono::seconds& value) {
    state_->value(key, value, "a duration such as 90s, 15m, 12h or 30d",
                  [](const std::string& text) -> std::optional<std::chrono::seconds> {
                      auto number = parse_with_unit(text, {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}});
                      if (!number) return std::nullopt;
                      return std::chrono::seconds(*number);
                  });
}

void ConfigReader::duration(std::string_view key, std::chrono::milliseconds& value) {
    state_->value(key, value, "a duration such as 250ms, 90s, 15m or 12h",
                  [](const std::string& text) -> std::optional<std::chrono::milliseconds> {
                      auto number = parse_with_unit(
                          text,
                          {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}});
                      if (!number) return std::nullopt;
                      return std::chrono::milliseconds(*number);
                  });
}

void ConfigReader::bytes(std::string_view key, uint64_t& value) {
    state_->value(key, value, "a size such as 512MB or 20GB", [](const std::string& text) {
        return parse_with_unit(text,
                               {{"KB", 1u << 10}, {"MB", 1u << 20}, {"GB", 1u << 30}, {"TB", 1ull << 40}});
    });
}

void ConfigReader::secret(std::string_view key, Secret& value) {
    YAML::Node found = state_->at(key);
    if (!found.IsDefined()) return;
    if (auto text = state_->secret(found, key)) value = Secret(std::move(*text));
}

void ConfigReader::secrets(std::string_view key, std::vector<Secret>& values) {
    YAML::Node found = state_->at(key);
    if (!found.IsDefined()) return;
    if (!found.IsSequence()) {
        state_->complain(found.Mark(), fmt::format("{}{} must be a list of ${{NAME}}", state_->path, key));
        return;
    }
    for (const YAML::Node& item : found) {
        if (auto text = state_->secret(item, key)) values.emplace_back(std::move(*text));
    }
}

void ConfigReader::section(std::string_view key, const std::function<void(ConfigReader&)>& read) {
    YAML::Node found = state_->at(key);
    if (!found.IsDefined() || found.IsNull()) return;
    if (!found.IsMap()) {
        state_->complain(found.Mark(), fmt::format("{}{} must be a mapping", state_->path, key));
        return;
    }
    std::string path = fmt::format("{}{}.", state_->path, key);
    ConfigReader child(
        std::make_unique<State>(State{found, path, state_->environment, state_->problems, {}}));
    read(child);
    child.done();
}

void ConfigReader::list(std::string_view key, const std::function<void(ConfigReader&)>& read_item) {
    YAML::Node found = state_->at(key);
    if (!found.IsDefined() || found.IsNull()) return;
    if (!found.IsSequence()) {
        state_->complain(found.Mark(), fmt::format("{}{} must be a list", state_->path, key));
        return;
    }
    size_t index = 0;
    for (const YAML::Node& item : found) {
        std::string path = fmt::format("{}{}[{}].", state_->path, key, index++);
        if (!item.IsMap()) {
            state_->complain(item.Mark(), fmt::format("{} must be a mapping", path));
            continue;
        }
        ConfigReader child(
            std::make_unique<State>(State{item, path, state_->environment, state_->problems, {}}));
        read_item(child);
        child.done();
    }
}

void ConfigReader::complain(std::string message) {
    state_->complain(state_->node.Mark(), std::move(message));
}

void ConfigReader::complain_at(std::string_view path, std::string message) {
    std::string place = state_->path + std::string(path);
    if (place.ends_with('.')) place.pop_back();
    state_->complain(follow(state_->node, path).Mark(), fmt::format("{}: {}", place, message));
}

ConfigProblem ConfigReader::remark(std::string message) const {
    return problem_at(state_->node.Mark(), std::move(message));
}

std::string ConfigReader::json() {
    for (const auto& pair : state_->node) {
        if (pair.first.IsScalar()) state_->known.push_back(pair.first.Scalar());
    }
    std::string out;
    append_json(out, state_->node);
    return out;
}

void ConfigReader::done() {
    if (!state_->node.IsMap()) return;
    std::vector<std::string_view> known(state_->known.begin(), state_->known.end());
    std::set<std::string> seen;
    for (const auto& pair : state_->node) {
        std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "?";
        if (!seen.insert(key).second) {
            state_->complain(pair.first.Mark(), fmt::format("{}{} stands twice", state_->path, key));
        }
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        auto near = nearest(key, known);
        state_->complain(pair.first.Mark(),
                         fmt::format("{}{} is not a key I know{}", state_->path, key,
                                     near ? fmt::format("; did you mean {}?", *near) : ""));
    }
}

}  // namespace nightshift::app
