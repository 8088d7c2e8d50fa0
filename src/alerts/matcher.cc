#include "alerts/matcher.h"

#include <re2/re2.h>

#include <algorithm>

#include "alerts/limits.h"
#include "base/text.h"

namespace nightshift::alerts {
namespace {

std::string_view op_text(Matcher::Op op) {
    switch (op) {
        case Matcher::Op::kEqual:
            return "=";
        case Matcher::Op::kNotEqual:
            return "!=";
        case Matcher::Op::kMatches:
            return "=~";
        case Matcher::Op::kNotMatches:
            return "!~";
    }
    return "=";
}

bool is_name_character(char c) {
    return c == '_' || c == ':' || c == '.' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

// Without the quotes and the backslashes before quotes and backslashes.
Result<std::string> unquote(std::string_view text) {
    if (text.size() < 2 || text.front() != '"') return std::string(text);
    if (text.back() != '"') return fail(Code::kInvalid, "{:.100}: the quote is not closed", text);
    std::string out;
    for (size_t i = 1; i + 1 < text.size(); ++i) {
        bool is_escape = text[i] == '\\' && i + 2 < text.size();
        if (is_escape && text[i + 1] == 'n') {
            out += '\n';
            ++i;
            continue;
        }
        if (is_escape && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        out += text[i];
    }
    return out;
}

// The end of the first matcher: a comma outside quotes, or the end.
size_t end_of_matcher(std::string_view text) {
    bool is_quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && is_quoted) {
            ++i;
        } else if (text[i] == '"') {
            is_quoted = !is_quoted;
        } else if (text[i] == ',' && !is_quoted) {
            return i;
        }
    }
    return text.size();
}

}  // namespace

bool Matcher::matches(const Labels& labels) const {
    std::string_view there = labels.get(name);
    switch (op) {
        case Op::kEqual:
            return there == value;
        case Op::kNotEqual:
            return there != value;
        case Op::kMatches:
            return re2::RE2::FullMatch(re2::StringPiece(there.data(), there.size()), *pattern);
        case Op::kNotMatches:
            return !re2::RE2::FullMatch(re2::StringPiece(there.data(), there.size()), *pattern);
    }
    return false;
}

std::string Matcher::text() const {
    std::string out = name;
    out += op_text(op);
    append_json_string(out, value);
    return out;
}

Result<Matcher> make_matcher(std::string name, Matcher::Op op, std::string value) {
    if (name.empty() || name.size() > Labels::kNameBytesMax)
        return fail(Code::kInvalid, "a matcher needs a label's name");
    Matcher matcher{std::move(name), op, std::move(value), nullptr};
    if (op == Matcher::Op::kEqual || op == Matcher::Op::kNotEqual) return matcher;
    if (matcher.value.size() > kPatternBytesMax)
        return fail(Code::kInvalid, "the pattern for {} is longer than {} bytes", matcher.name,
                    kPatternBytesMax);
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);
    options.set_max_mem(1 << 20);
    auto pattern = std::make_shared<const re2::RE2>(matcher.value, options);
    if (!pattern->ok())
        return fail(Code::kInvalid, "the pattern for {} is wrong: {}", matcher.name, pattern->error());
    matcher.pattern = std::move(pattern);
    return matcher;
}

Result<Matcher> parse_matcher(std::string_view text) {
    std::string_view rest = trim(text);
    size_t name_end = 0;
    while (name_end < rest.size() && is_name_character(rest[name_end])) ++name_end;
    std::string name(rest.substr(0, name_end));
    rest = trim(rest.substr(name_end));
    for (auto op :
         {Matcher::Op::kMatches, Matcher::Op::kNotMatches, Matcher::Op::kNotEqual, Matcher::Op::kEqual}) {
        if (name.empty() || !rest.starts_with(op_text(op))) continue;
        NS_TRY(std::string value, unquote(trim(rest.substr(op_text(op).size()))));
        return make_matcher(std::move(name), op, std::move(value));
    }
    return fail(Code::kInvalid, "{:.100} is no matcher: write label=value, !=, =~ or !~",
                to_valid_utf8(text));
}

Result<Matchers> parse_matchers(std::string_view text) {
    std::string_view rest = trim(text);
    if (rest.starts_with('{') && rest.ends_with('}')) rest = trim(rest.substr(1, rest.size() - 2));
    Matchers all;
    while (!rest.empty()) {
        size_t end = end_of_matcher(rest);
        NS_TRY(Matcher matcher, parse_matcher(rest.substr(0, end)));
        if (all.size() == kMatchersMax) return fail(Code::kInvalid, "more than {} matchers", kMatchersMax);
        all.push_back(std::move(matcher));
        rest = trim(rest.substr(std::min(end + 1, rest.size())));
    }
    return all;
}

bool match_all(const Matchers& matchers, const Labels& labels) {
    return std::all_of(matchers.begin(), matchers.end(),
                       [&](const Matcher& each) { return each.matches(labels); });
}

std::string text_of(const Matchers& matchers) {
    std::string out = "{";
    for (const Matcher& each : matchers) {
        if (out.size() > 1) out += ", ";
        out += each.text();
    }
    return out + "}";
}

}  // namespace nightshift::alerts
