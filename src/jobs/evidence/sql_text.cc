#include "jobs/evidence/sql_text.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "jobs/evidence/keys.h"

namespace nightshift::jobs::evidence {
namespace {

using Moment = SqlParameter::Moment;
using Form = SqlParameter::Form;

struct Named {
    std::string_view name;
    SqlParameter parameter;
};
constexpr Named kNames[] = {
    {"started", {Moment::kStarted, Form::kText}},
    {"started_s", {Moment::kStarted, Form::kSeconds}},
    {"started_ms", {Moment::kStarted, Form::kMilliseconds}},
    {"ended", {Moment::kEnded, Form::kText}},
    {"ended_s", {Moment::kEnded, Form::kSeconds}},
    {"ended_ms", {Moment::kEnded, Form::kMilliseconds}},
    {"nominal", {Moment::kNominal, Form::kText}},
    {"nominal_s", {Moment::kNominal, Form::kSeconds}},
    {"nominal_ms", {Moment::kNominal, Form::kMilliseconds}},
};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Scanner {
public:
    Scanner(std::string_view query, char mark) : rest_(query), mark_(mark) {}

    Result<SqlText> scan() {
        while (!rest_.empty()) {
            if (size_t size = skipped(); size > 0) {
                copy(size);
            } else if (rest_[0] == ';') {
                if (!is_blank(rest_.substr(1)))
                    return fail(Code::kInvalid, "the query must be one statement; there is more after ';'");
                break;
            } else if (rest_[0] == ':' && rest_.size() > 1 && is_word(rest_[1]) && !is_digit(rest_[1])) {
                if (auto taken = parameter(); !taken) return Failure(taken.error());
            } else if (is_word(rest_[0])) {
                size_t length = 0;
                while (length < rest_.length() && is_word(rest_[length])) ++length;
                copy(length);
            } else {
                copy(1);
            }
        }
        return std::move(out_);
    }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    static bool is_blank(std::string_view text) { return trim(text).empty(); }

    void copy(size_t size) {
        out_.text += rest_.substr(0, size);
        rest_.remove_prefix(std::min(size, rest_.size()));
    }
    size_t to_end_of(std::string_view end, size_t from) const {
        size_t at = rest_.find(end, from);
        return at == rest_.npos ? rest_.size() : at + end.size();
    }

    // How many bytes from here on belong to a string, a quoted name, a comment or a cast.
    size_t skipped() const {
        char c = rest_[0];
        if (c == '\'' || c == '"' || c == '`') return quoted(c);
        if ((c == 'e' || c == 'E') && rest_.starts_with(c == 'e' ? "e'" : "E'") && mark_ == '$')
            return escaped();
        if (rest_.starts_with("--")) return to_end_of("\n", 2);
        if (rest_.starts_with("/*")) return to_end_of("*/", 2);
        if (rest_.starts_with("::")) return 2;
        if (c == '$' && mark_ == '$') {
            size_t close = rest_.find('$', 1);
            bool is_tag =
                close != rest_.npos &&
                std::all_of(rest_.begin() + 1, rest_.begin() + static_cast<std::ptrdiff_t>(close), is_word);
            if (is_tag) return to_end_of(rest_.substr(0, close + 1), close + 1);
        }
        return 0;
    }
    size_t quoted(char quote) const {
        size_t at = rest_.find(quote, 1);
        return at == rest_.npos ? rest_.size() : at + 1;  // a doubled quote begins the next part
    }
    size_t escaped() const {
        for (size_t at = 2; at < rest_.size(); ++at) {
            if (rest_[at] == '\\')
                ++at;
            else if (rest_[at] == '\'')
                return at + 1;
        }
        return rest_.size();
    }

    Result<void> parameter() {
        size_t size = 1;
        while (size < rest_.size() && is_word(rest_[size])) ++size;
        std::string_view name = rest_.substr(1, size - 1);
        const Named* found = nullptr;
        std::vector<std::string_view> names;
        for (const Named& each : kNames) {
            names.push_back(each.name);
            if (each.name == name) found = &each;
        }
        if (!found) {
            std::optional<std::string_view> near = nearest(name, names);
            return fail(Code::kInvalid, "the query has :{}{} Allowed: :{}", name,
                        near ? fmt::format("; did you mean :{}?", *near) : ".", joined(names));
        }
        auto& known = out_.parameters;
        auto at = std::find(known.begin(), known.end(), found->parameter);
        auto number = at - known.begin() + 1;
        if (at == known.end()) known.push_back(found->parameter);
        out_.text += fmt::format("{}{}", mark_, number);
        rest_.remove_prefix(size);
        return {};
    }

    std::string_view rest_;
    char mark_;
    SqlText out_;
};

}  // namespace

Time SqlParameter::of(const Work& work) const {
    switch (moment) {
        case Moment::kStarted:
            return work.execution.started;
        case Moment::kEnded:
            return work.execution.ended;
        case Moment::kNominal:
            return work.nominal;
    }
    return work.nominal;
}

Result<SqlText> number_parameters(std::string_view query, char mark) {
    std::string_view start = trim(query);
    std::string_view word = start.substr(0, start.find_first_of(" \t\r\n(;*'\""));
    bool is_reading = equals_ignore_case(word, "select") || equals_ignore_case(word, "with") ||
                      equals_ignore_case(word, "values");
    if (!is_reading) return fail(Code::kInvalid, "the query must begin with select, with or values");
    return Scanner(start, mark).scan();
}

}  // namespace nightshift::jobs::evidence
