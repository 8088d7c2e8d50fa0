#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/labels.h"
#include "base/result.h"

namespace re2 {
class RE2;
}

namespace nightshift::alerts {

// One condition on a label, as in Prometheus: a label that is not there has the value "", and a pattern (RE2)
// must match the whole value.
struct Matcher {
    enum class Op { kEqual, kNotEqual, kMatches, kNotMatches };
    std::string name;
    Op op = Op::kEqual;
    std::string value;
    std::shared_ptr<const re2::RE2> pattern;  // of kMatches and kNotMatches

    bool matches(const Labels& labels) const;
    // `agent=~"build.*"`
    std::string text() const;
};

using Matchers = std::vector<Matcher>;

// kInvalid for a pattern that does not compile, and for one beyond kPatternBytesMax.
Result<Matcher> make_matcher(std::string name, Matcher::Op op, std::string value);
// `agent=builder`, `agent != "builder"`, `agent=~"build.*"`, `agent!~"x|y"`.
Result<Matcher> parse_matcher(std::string_view text);
// Several with commas between them, with or without braces.
Result<Matchers> parse_matchers(std::string_view text);

// All of them; no matcher at all matches everything.
bool match_all(const Matchers& matchers, const Labels& labels);
std::string text_of(const Matchers& matchers);

}  // namespace nightshift::alerts
