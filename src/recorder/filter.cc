#include "recorder/filter.h"

#include <fmt/ranges.h>
#include <cmath>

#include "base/text.h"
#include "recorder/filter_token.h"

namespace nightshift::recorder {
namespace {

constexpr int kDepthMax = 50;

struct Unit {
    std::string_view suffix;
    double microseconds;
};
constexpr Unit kUnits[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}, {"d", 86400e6}};

std::optional<double> parse_duration(std::string_view text) {
    if (std::optional<double> plain = parse_double(text)) return plain;
    for (const Unit& unit : kUnits) {
        if (!text.ends_with(unit.suffix)) continue;
        std::optional<double> count = parse_double(text.substr(0, text.size() - unit.suffix.size()));
        if (count) return *count * unit.microseconds;
    }
    return std::nullopt;
}

// The number in the unit of the column: microseconds, nano-dollars, a count.
std::optional<double> parse_number(Column column, std::string_view text) {
    if (column.kind == Column::Kind::kNumber) {
        switch (column.number) {
            case Number::kDuration:
            case Number::kTtft:
                return parse_duration(text);
            case Number::kSimulated:
                if (text == "true") return 1;
                if (text == "false") return 0;
                break;
            case Number::kTime:
                if (std::optional<double> ms = parse_double(text)) return *ms * 1e3;
                return std::nullopt;
            case Number::kCost:
                if (std::optional<double> dollars = parse_double(text)) return *dollars * 1e9;
                return std::nullopt;
            default:
                break;
        }
    }
    return parse_double(text);
}

class Parser {
public:
    explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    Result<Filter> parse() {
        if (peek().type == Token::Type::kEnd) return Filter{};
        NS_TRY(Filter filter, parse_or(0));
        if (peek().type != Token::Type::kEnd) {
            return fail(Code::kInvalid, "'{}' at {} is one too many; join conditions with 'and' or 'or'",
                        peek().text, peek().at);
        }
        return filter;
    }

private:
    const Token& peek() const { return tokens_[next_]; }
    Token take() { return peek().type == Token::Type::kEnd ? peek() : tokens_[next_++]; }
    bool is_keyword(std::string_view word) const {
        return peek().type == Token::Type::kWord && equals_ignore_case(peek().text, word);
    }

    Result<Filter> parse_or(int depth) { return parse_joined(depth, "or", Filter::Node::kOr); }

    Result<Filter> parse_joined(int depth, std::string_view keyword, Filter::Node node) {
        Filter joined;
        joined.node = node;
        for (;;) {
            Result<Filter> part =
                node == Filter::Node::kOr ? parse_joined(depth, "and", Filter::Node::kAnd) : parse_not(depth);
            if (!part) return part;
            joined.children.push_back(std::move(*part));
            if (!is_keyword(keyword)) break;
            take();
        }
        if (joined.children.size() > 1) return joined;
        Filter only = std::move(joined.children.front());
        return only;
    }

    Result<Filter> parse_not(int depth) {
        if (depth > kDepthMax) return fail(Code::kLimit, "the filter nests deeper than {}", kDepthMax);
        if (is_keyword("not")) {
            take();
            NS_TRY(Filter inner, parse_not(depth + 1));
            Filter filter;
            filter.node = Filter::Node::kNot;
            filter.children.push_back(std::move(inner));
            return filter;
        }
        if (peek().type != Token::Type::kOpen) return parse_compare();
        take();
        NS_TRY(Filter inner, parse_or(depth + 1));
        if (take().type != Token::Type::kClose)
            return fail(Code::kInvalid, "')' is missing before {}", peek().at);
        return inner;
    }

    Result<Filter> parse_compare() {
        Token name = take();
        if (name.type != Token::Type::kWord)
            return fail(Code::kInvalid, "a column name is expected at {}", name.at);
        std::optional<Column> column = find_column(name.text);
        if (!column) {
            std::optional<std::string_view> near = nearest(name.text, column_names());
            return fail(Code::kInvalid, "there is no column '{}'{}", name.text,
                        near ? fmt::format("; did you mean '{}'?", *near) : "");
        }
        Filter filter;
        filter.node = Filter::Node::kCompare;
        filter.column = *column;
        if (is_keyword("in")) {
            take();
            filter.op = Filter::Op::kIn;
            Result<void> list = parse_list(filter);
            if (!list) return Failure(list.error());
        } else {
            Result<void> rest = parse_operator(filter);
            if (!rest) return Failure(rest.error());
        }
        if (filter.column.is_word()) {
            Result<void> words = resolve_words(filter);
            if (!words) return Failure(words.error());
        }
        return filter;
    }

    Result<void> parse_operator(Filter& filter) {
        Token token = take();
        if (token.type != Token::Type::kOperator) {
            return fail(Code::kInvalid, "an operator (= != < <= > >= ~ in) is expected at {}", token.at);
        }
        if (token.text == "=") filter.op = Filter::Op::kEqual;
        if (token.text == "!=") filter.op = Filter::Op::kNotEqual;
        if (token.text == "<") filter.op = Filter::Op::kLess;
        if (token.text == "<=") filter.op = Filter::Op::kLessEqual;
        if (token.text == ">") filter.op = Filter::Op::kGreater;
        if (token.text == ">=") filter.op = Filter::Op::kGreaterEqual;
        if (token.text == "~") filter.op = Filter::Op::kContains;
        bool is_order = filter.op >= Filter::Op::kLess && filter.op <= Filter::Op::kGreaterEqual;
        bool is_text = filter.column.is_text() || filter.column.is_word();
        if (is_order && is_text)
            return fail(Code::kInvalid, "'{}' at {} needs a number column", token.text, token.at);
        if (filter.op == Filter::Op::kContains && !is_text) {
            return fail(Code::kInvalid, "'~' at {} needs a text column", token.at);
        }
        return parse_value(filter);
    }

    Result<void> parse_list(Filter& filter) {
        if (take().type != Token::Type::kOpen) return fail(Code::kInvalid, "'(' is expected after 'in'");
        for (;;) {
            Result<void> value = parse_value(filter);
            if (!value) return value;
            Token token = take();
            if (token.type == Token::Type::kClose) return {};
            if (token.type != Token::Type::kComma)
                return fail(Code::kInvalid, "',' or ')' is expected at {}", token.at);
        }
    }

    Result<void> parse_value(Filter& filter) {
        Token token = take();
        if (token.type != Token::Type::kWord && token.type != Token::Type::kText) {
            return fail(Code::kInvalid, "a value is expected at {}", token.at);
        }
        Filter::Literal literal;
        literal.text = filter.op == Filter::Op::kContains ? to_lower(token.text) : token.text;
        if (!filter.column.is_text() && !filter.column.is_word()) {
            std::optional<double> number = parse_number(filter.column, token.text);
            if (!number || !std::isfinite(*number)) {
                return fail(Code::kInvalid, "'{}' at {} is not a number", token.text, token.at);
            }
            literal.real = *number;
            literal.is_whole = *number == std::floor(*number) && std::abs(*number) < 9e18;
            if (literal.is_whole) literal.number = static_cast<int64_t>(*number);
        }
        filter.values.push_back(std::move(literal));
        return {};
    }

    static Result<void> resolve_words(Filter& filter) {
        int64_t count = word_count(filter.column.number);
        std::vector<std::string_view> words;
        for (int64_t i = 0; i < count; ++i) words.push_back(word_of(filter.column.number, i));
        for (const Filter::Literal& literal : filter.values) {
            uint32_t found = 0;
            for (size_t i = 0; i < words.size(); ++i) {
                bool matches = filter.op == Filter::Op::kContains
                                   ? words[i].find(literal.text) != words[i].npos
                                   : words[i] == literal.text;
                if (matches) found |= 1u << i;
            }
            if (found == 0 && filter.op != Filter::Op::kContains) {
                std::optional<std::string_view> near = nearest(literal.text, words);
                return fail(Code::kInvalid, "'{}' is not one of {}{}", literal.text,
                            fmt::format("{}", fmt::join(words, " ")),
                            near ? fmt::format("; did you mean '{}'?", *near) : "");
            }
            filter.words |= found;
        }
        if (filter.op == Filter::Op::kNotEqual) filter.words = ~filter.words;
        return {};
    }

    std::vector<Token> tokens_;
    size_t next_ = 0;
};

}  // namespace

ColumnSet Filter::columns() const {
    ColumnSet columns;
    if (node == Node::kCompare) column.add_to(columns);
    for (const Filter& child : children) columns.add(child.columns());
    return columns;
}

Result<Filter> parse_filter(std::string_view text) {
    NS_TRY(std::vector<Token> tokens, split_filter(text));
    return Parser(std::move(tokens)).parse();
}

}  // namespace nightshift::recorder
