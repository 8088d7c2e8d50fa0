#include "recorder/filter_token.h"

namespace nightshift::recorder {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool ends_word(char c) {
    return is_space(c) || c == '(' || c == ')' || c == ',' || c == '"' || c == '=' || c == '!' || c == '<' ||
           c == '>' || c == '~';
}

Result<Token> in_quotes(std::string_view text, size_t& at) {
    Token token{Token::Type::kText, {}, at};
    for (++at; at < text.size(); ++at) {
        char c = text[at];
        if (c == '"') {
            ++at;
            return token;
        }
        if (c == '\\' && at + 1 < text.size()) c = text[++at];
        token.text += c;
    }
    return fail(Code::kInvalid, "the quote at {} is not closed", token.at);
}

Result<Token> sign(std::string_view text, size_t& at) {
    Token token{Token::Type::kOperator, {}, at};
    switch (text[at]) {
        case '(':
            token.type = Token::Type::kOpen;
            break;
        case ')':
            token.type = Token::Type::kClose;
            break;
        case ',':
            token.type = Token::Type::kComma;
            break;
        default:
            break;
    }
    token.text = text[at++];
    if (token.type != Token::Type::kOperator) return token;
    bool is_pair = at < text.size() && text[at] == '=' && token.text != "~";
    if (is_pair) token.text += text[at++];
    if (token.text == "!") return fail(Code::kInvalid, "'!' at {} must be '!='", token.at);
    if (token.text == "==") token.text = "=";
    return token;
}

}  // namespace

Result<std::vector<Token>> split_filter(std::string_view text) {
    if (text.size() > kFilterBytesMax)
        return fail(Code::kLimit, "the filter has more than {} bytes", kFilterBytesMax);
    std::vector<Token> tokens;
    size_t at = 0;
    while (at < text.size()) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        if (tokens.size() >= kFilterTokensMax)
            return fail(Code::kLimit, "the filter has more than {} words", kFilterTokensMax);
        if (text[at] == '"') {
            NS_TRY(Token token, in_quotes(text, at));
            tokens.push_back(std::move(token));
        } else if (ends_word(text[at])) {
            NS_TRY(Token token, sign(text, at));
            tokens.push_back(std::move(token));
        } else {
            Token token{Token::Type::kWord, {}, at};
            while (at < text.size() && !ends_word(text[at])) token.text += text[at++];
            tokens.push_back(std::move(token));
        }
    }
    tokens.push_back({Token::Type::kEnd, {}, text.size()});
    return tokens;
}

}  // namespace nightshift::recorder
