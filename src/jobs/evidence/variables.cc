#include "jobs/evidence/variables.h"

#include <algorithm>

namespace nightshift::jobs::evidence {
namespace {

// Shorter ones are no secrets, and taking them out would tear ordinary words.
constexpr size_t kHiddenBytesMin = 4;

bool is_name(std::string_view name) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
           name.npos;
}

// Calls `take` with what is literal and `put` with each name.
Result<void> walk(std::string_view text, const std::function<void(std::string_view)>& take,
                  const std::function<Result<void>(const std::string&)>& put) {
    while (true) {
        size_t start = text.find("${");
        take(text.substr(0, start));
        if (start == text.npos) return {};
        size_t end = text.find('}', start);
        std::string_view name = end == text.npos ? "" : text.substr(start + 2, end - start - 2);
        if (!is_name(name)) return fail(Code::kInvalid, "'{}' must be ${{NAME}}", text.substr(start, 20));
        if (auto done = put(std::string(name)); !done) return done;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

Result<void> check_variables(std::string_view text) {
    return walk(text, [](std::string_view) {}, [](const std::string&) { return Result<void>(); });
}

Result<std::string> Variables::expand(std::string_view text) {
    std::string out;
    auto take = [&out](std::string_view literal) { out += literal; };
    auto put = [&](const std::string& name) -> Result<void> {
        std::optional<std::string> value = environment_ ? environment_(name) : std::nullopt;
        if (!value) return fail(Code::kNotFound, "the environment has no {}", name);
        out += *value;
        used_.emplace_back(*value, "${" + name + "}");
        return {};
    };
    if (auto walked = walk(text, take, put); !walked) return Failure(walked.error());
    return out;
}

std::string Variables::hide(std::string text) const {
    for (const auto& [value, name] : used_) {
        if (value.size() < kHiddenBytesMin) continue;
        for (size_t at = text.find(value); at != text.npos; at = text.find(value, at + name.size()))
            text.replace(at, value.size(), name);
    }
    return text;
}

}  // namespace nightshift::jobs::evidence
