#include "base/redact_rules.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "base/text.h"

namespace nightshift {
namespace {

constexpr size_t kLookAhead = 512;  // characters a check reads before it gives up

enum class Shape {
    kKey,
    kCloudKey,
    kJwt,
    kPem,
    kUrl,
    kBearer,
    kHeader,
    kAssignment,
    kTokenAssignment,
    kTelegram
};

// One way a secret starts. `text` is the whole fixed beginning; sorted so that similar ones share a filter
// group.
struct Rule {
    SecretPrefix prefix;
    Shape shape;
    size_t length_min;  // characters that must follow the prefix
    std::string_view kind;
};

constexpr Rule kRules[] = {
    {{"AKIA", false}, Shape::kCloudKey, 16, "aws-key"},
    {{"ASIA", false}, Shape::kCloudKey, 16, "aws-key"},
    {{"AIza", false}, Shape::kKey, 30, "google-key"},
    {{"GOCSPX-", false}, Shape::kKey, 20, "google-key"},
    {{"ya29.", false}, Shape::kKey, 20, "google-key"},
    {{"eyJ", false}, Shape::kJwt, 16, "jwt"},
    {{"SG.", false}, Shape::kKey, 40, "sendgrid-key"},
    {{":AA", false}, Shape::kTelegram, 30, "telegram-token"},
    {{"://", false}, Shape::kUrl, 3, "url-password"},
    {{"-----BEGIN ", false}, Shape::kPem, 11, "private-key"},
    {{"sk-", false}, Shape::kKey, 16, "key"},
    {{"sk_live_", false}, Shape::kKey, 10, "key"},
    {{"sk_test_", false}, Shape::kKey, 10, "key"},
    {{"rk_live_", false}, Shape::kKey, 10, "key"},
    {{"csk-", false}, Shape::kKey, 20, "key"},
    {{"gsk_", false}, Shape::kKey, 20, "key"},
    {{"ghp_", false}, Shape::kKey, 20, "github-token"},
    {{"gho_", false}, Shape::kKey, 20, "github-token"},
    {{"ghu_", false}, Shape::kKey, 20, "github-token"},
    {{"ghs_", false}, Shape::kKey, 20, "github-token"},
    {{"ghr_", false}, Shape::kKey, 20, "github-token"},
    {{"github_pat_", false}, Shape::kKey, 20, "github-token"},
    {{"glpat-", false}, Shape::kKey, 16, "gitlab-token"},
    {{"hf_", false}, Shape::kKey, 20, "key"},
    {{"npm_", false}, Shape::kKey, 30, "npm-token"},
    {{"nvapi-", false}, Shape::kKey, 20, "key"},
    {{"pypi-", false}, Shape::kKey, 40, "pypi-token"},
    {{"pplx-", false}, Shape::kKey, 20, "key"},
    {{"dop_v1_", false}, Shape::kKey, 20, "key"},
    {{"tvly-", false}, Shape::kKey, 20, "key"},
    {{"xai-", false}, Shape::kKey, 20, "key"},
    {{"xapp-", false}, Shape::kKey, 20, "slack-token"},
    {{"xoxa-", false}, Shape::kKey, 10, "slack-token"},
    {{"xoxb-", false}, Shape::kKey, 10, "slack-token"},
    {{"xoxe-", false}, Shape::kKey, 10, "slack-token"},
    {{"xoxp-", false}, Shape::kKey, 10, "slack-token"},
    {{"xoxr-", false}, Shape::kKey, 10, "slack-token"},
    {{"xoxs-", false}, Shape::kKey, 10, "slack-token"},
    {{"authorization", true}, Shape::kHeader, 4, "authorization"},
    {{"api_key", true}, Shape::kAssignment, 4, "secret"},
    {{"api-key", true}, Shape::kAssignment, 4, "secret"},
    {{"apikey", true}, Shape::kAssignment, 4, "secret"},
    {{"access_key", true}, Shape::kAssignment, 4, "secret"},
    {{"bearer", true}, Shape::kBearer, 8, "bearer"},
    {{"passphrase", true}, Shape::kAssignment, 4, "secret"},
    {{"password", true}, Shape::kAssignment, 4, "secret"},
    {{"passwd", true}, Shape::kAssignment, 4, "secret"},
    {{"private_key", true}, Shape::kAssignment, 4, "secret"},
    {{"pwd", true}, Shape::kAssignment, 4, "secret"},
    {{"secret", true}, Shape::kAssignment, 4, "secret"},
    {{"token", true}, Shape::kTokenAssignment, 16, "token"},
};

constexpr auto kPrefixes = [] {
    std::array<SecretPrefix, std::size(kRules)> prefixes{};
    for (size_t i = 0; i < prefixes.size(); ++i) prefixes[i] = kRules[i].prefix;
    return prefixes;
}();

// The rules whose prefix starts with a byte: a chain through kRules, from one rule to the next, ended by
// kNone.
constexpr uint8_t kNone = 255;
static_assert(std::size(kRules) < kNone);
struct Chains {
    std::array<uint8_t, 256> first{};
    std::array<uint8_t, std::size(kRules)> next{};
};
constexpr auto kChains = [] {
    Chains chains;
    chains.first.fill(kNone);
    for (size_t i = std::size(kRules); i-- > 0;) {
        const auto start = static_cast<uint8_t>(kRules[i].prefix.text.front());
        chains.next[i] = chains.first[start];
        chains.first[start] = static_cast<uint8_t>(i);
    }
    return chains;
}();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_word(char c) {
    return is_digit(c) || is_upper(c) || is_lower(c) || c == '_';
}
bool is_key_char(char c) {
    return is_word(c) || c == '-';
}
bool is_bearer_char(char c) {
    return is_key_char(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}
bool is_quote(char c) {
    return c == '"' || c == '\'' || c == '`';
}
bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// Where an assigned value ends.
bool ends_value(char c) {
    return static_cast<unsigned char>(c) <= ' ' || is_quote(c) || c == '\\' || c == ',' || c == ';' ||
           c == '}' || c == ')' || c == '&' || c == '<' || c == '>' || c == '|';
}

template <class Accepts>
size_t run_end(std::string_view text, size_t from, Accepts accepts,
               size_t length_max = std::string_view::npos) {
    size_t end = std::min(text.size(), length_max > text.size() - from ? text.size() : from + length_max);
    size_t i = from;
    while (i < end && accepts(text[i])) ++i;
    return i;
}

struct Letters {
    size_t digits = 0;
    size_t upper = 0;
};

Letters count_letters(std::string_view text) {
    Letters letters;
    for (char c : text.substr(0, kLookAhead)) {
        letters.digits += is_digit(c) ? 1u : 0u;
        letters.upper += is_upper(c) ? 1u : 0u;
    }
    return letters;
}

SecretMatch found(size_t begin, size_t end, const Rule& rule) {
    return {begin, end, rule.kind};
}

SecretMatch match_key(std::string_view text, size_t at, const Rule& rule) {
    if (at > 0 && is_word(text[at - 1])) return {};  // "task-...", "disk_live_..."
    const bool with_dots = rule.prefix.text.back() == '.';
    auto accepts = [with_dots](char c) { return is_key_char(c) || (with_dots && c == '.'); };
    size_t from = at + rule.prefix.text.size();
    size_t seen = run_end(text, from, accepts, kLookAhead);
    if (seen - from < rule.length_min) return {};
    // Words joined by dashes are no key: a key has digits or capitals.
    Letters letters = count_letters(text.substr(from, seen - from));
    if (letters.digits < 3 && letters.upper == 0) return {};
    return found(at, run_end(text, seen, accepts), rule);
}

SecretMatch match_cloud_key(std::string_view text, size_t at, const Rule& rule) {
    if (at > 0 && is_word(text[at - 1])) return {};
    size_t from = at + rule.prefix.text.size();
    size_t end = run_end(text, from, [](char c) { return is_upper(c) || is_digit(c); }, rule.length_min + 1);
    if (end - from != rule.length_min || (end < text.size() && is_word(text[end]))) return {};
    return found(at, end, rule);
}

SecretMatch match_jwt(std::string_view text, size_t at, const Rule& rule) {
    if (at > 0 && is_word(text[at - 1])) return {};
    constexpr size_t kPartMin = 8;
    constexpr size_t kPayloadMax = 16u << 10;
    size_t header = run_end(text, at, is_key_char, kLookAhead);
    if (header - at < kPartMin || header >= text.size() || text[header] != '.') return {};
    size_t payload = run_end(text, header + 1, is_key_char, kPayloadMax);
    if (payload - header - 1 < kPartMin || payload >= text.size() || text[payload] != '.') return {};
    auto rest = [](char c) { return is_key_char(c) || c == '.'; };
    return found(at, run_end(text, payload + 1, rest), rule);
}

SecretMatch match_pem(std::string_view text, size_t at, const Rule& rule) {
    constexpr std::string_view kTitle = "PRIVATE KEY";
    constexpr std::string_view kEnd = "-----END ";
    constexpr size_t kTitleMax = 40;
    size_t from = at + rule.prefix.text.size();
    if (text.substr(from, kTitleMax).find(kTitle) == std::string_view::npos) return {};
    size_t end = text.find(kEnd, from);
    if (end == std::string_view::npos) return found(at, text.size(), rule);  // cut off: the rest is key
    size_t dashes = text.find("-----", end + kEnd.size());
    return found(at, dashes == std::string_view::npos ? text.size() : dashes + 5, rule);
}

SecretMatch match_url(std::string_view text, size_t at, const Rule& rule) {
    size_t from = at + rule.prefix.text.size();
    auto accepts = [](char c) { return !ends_value(c) && c != '/' && c != '@' && c != '?' && c != '#'; };
    size_t end = run_end(text, from, accepts, kLookAhead);
    if (end >= text.size() || text[end] != '@') return {};
    size_t colon = text.substr(from, end - from).find(':');
    if (colon == std::string_view::npos || from + colon + 1 == end) return {};
    return found(from + colon + 1, end, rule);
}

SecretMatch match_bearer(std::string_view text, size_t at, const Rule& rule) {
    size_t from = at + rule.prefix.text.size();
    size_t token = run_end(text, from, is_blank, 4);
    size_t seen = run_end(text, token, is_bearer_char, kLookAhead);
    constexpr size_t kLongEnough = 24;  // no English word
    if (token == from || seen - token < rule.length_min) return {};
    if (count_letters(text.substr(token, seen - token)).digits == 0 && seen - token < kLongEnough) return {};
    return found(token, run_end(text, seen, is_bearer_char), rule);
}

// Steps over `": "`, ` = '`, `\": \"` and the like; nothing when there is no assignment.
size_t skip_assignment(std::string_view text, size_t at) {
    auto is_closing = [](char c) { return is_quote(c) || c == '\\' || c == ']'; };
    size_t i = run_end(text, at, is_closing, 3);
    i = run_end(text, i, is_blank, 4);
    if (i >= text.size() || (text[i] != ':' && text[i] != '=')) return std::string_view::npos;
    i = run_end(text, i, [](char c) { return c == ':' || c == '=' || c == '>'; }, 2);
    i = run_end(text, i, is_blank, 4);
    return run_end(text, i, [](char c) { return is_quote(c) || c == '\\'; }, 3);
}

SecretMatch match_header(std::string_view text, size_t at, const Rule& rule) {
    size_t from = skip_assignment(text, at + rule.prefix.text.size());
    if (from == std::string_view::npos) return {};
    size_t word = run_end(text, from, is_word, 16);
    // "Authorization: Basic dXNlcg==": the scheme stays, what follows goes.
    if (word < text.size() && is_blank(text[word]) && word > from) from = run_end(text, word, is_blank, 4);
    size_t end = run_end(text, from, [](char c) { return !ends_value(c); });
    if (end - from < rule.length_min || text.substr(from).starts_with("[redacted")) return {};
    return found(from, end, rule);
}

bool is_placeholder(std::string_view value) {
    constexpr std::string_view kStarts[] = {"$", "[redacted", "<",           "{{",
                                            "%", "***",       "process.env", "os.environ"};
    constexpr std::string_view kWords[] = {"null",      "none",   "true",    "false",
                                           "undefined", "string", "required"};
    auto starts = [&](std::string_view start) { return value.starts_with(start); };
    auto equals = [&](std::string_view word) { return equals_ignore_case(value, word); };
    return std::any_of(std::begin(kStarts), std::end(kStarts), starts) ||
           std::any_of(std::begin(kWords), std::end(kWords), equals);
}

SecretMatch match_assignment(std::string_view text, size_t at, const Rule& rule) {
    constexpr size_t kSuffixMax = 24;  // SECRET_ACCESS_KEY, password_confirmation
    size_t name_end = at + rule.prefix.text.size();
    if (rule.shape == Shape::kAssignment) name_end = run_end(text, name_end, is_key_char, kSuffixMax);
    size_t from = skip_assignment(text, name_end);
    if (from == std::string_view::npos) return {};
    auto accepts = [](char c) { return !ends_value(c); };
    size_t seen = run_end(text, from, accepts, kLookAhead);
    std::string_view value = text.substr(from, seen - from);
    if (value.size() < rule.length_min || is_placeholder(value)) return {};
    if (rule.shape == Shape::kTokenAssignment && count_letters(value).digits < 2) return {};
    return found(from, run_end(text, seen, accepts), rule);
}

SecretMatch match_telegram(std::string_view text, size_t at, const Rule& rule) {
    size_t digits = at;
    while (digits > 0 && at - digits < 12 && is_digit(text[digits - 1])) --digits;
    if (at - digits < 8 || at - digits > 10) return {};
    size_t end = run_end(text, at + 1, is_key_char, 64);
    if (end - at - 1 < rule.length_min) return {};
    return found(digits, end, rule);
}

bool starts_here(std::string_view text, size_t at, const SecretPrefix& prefix) {
    std::string_view here = text.substr(at, prefix.text.size());
    return prefix.any_case ? equals_ignore_case(here, prefix.text) : here == prefix.text;
}

SecretMatch apply(std::string_view text, size_t at, const Rule& rule) {
    switch (rule.shape) {
        case Shape::kKey:
            return match_key(text, at, rule);
        case Shape::kCloudKey:
            return match_cloud_key(text, at, rule);
        case Shape::kJwt:
            return match_jwt(text, at, rule);
        case Shape::kPem:
            return match_pem(text, at, rule);
        case Shape::kUrl:
            return match_url(text, at, rule);
        case Shape::kBearer:
            return match_bearer(text, at, rule);
        case Shape::kHeader:
            return match_header(text, at, rule);
        case Shape::kAssignment:
        case Shape::kTokenAssignment:
            return match_assignment(text, at, rule);
        case Shape::kTelegram:
            return match_telegram(text, at, rule);
    }
    return {};
}

}  // namespace

SecretPrefixes secret_prefixes() {
    return {kPrefixes.data(), kPrefixes.size()};
}

SecretMatch match_secret(std::string_view text, size_t at) {
    const auto first = static_cast<uint8_t>(text[at]);
    const bool is_capital = is_upper(text[at]);
    for (uint8_t i = kChains.first[first]; i != kNone; i = kChains.next[i]) {
        if (!starts_here(text, at, kRules[i].prefix)) continue;
        SecretMatch match = apply(text, at, kRules[i]);
        if (match.is_found()) return match;
    }
    if (!is_capital) return {};
    for (uint8_t i = kChains.first[first | 0x20]; i != kNone; i = kChains.next[i]) {
        if (!kRules[i].prefix.any_case || !starts_here(text, at, kRules[i].prefix)) continue;
        SecretMatch match = apply(text, at, kRules[i]);
        if (match.is_found()) return match;
    }
    return {};
}

SecretMatch match_email(std::string_view text, size_t at, size_t from) {
    constexpr size_t kLocalMax = 64;
    auto is_local = [](char c) { return is_key_char(c) || c == '.' || c == '+' || c == '%'; };
    auto is_domain = [](char c) { return is_digit(c) || is_upper(c) || is_lower(c) || c == '-' || c == '.'; };
    size_t begin = at;
    while (begin > from && at - begin < kLocalMax && is_local(text[begin - 1])) --begin;
    size_t end = run_end(text, at + 1, is_domain, 253);
    while (end > at + 1 && !is_word(text[end - 1])) --end;  // a full stop after the address
    std::string_view domain = text.substr(at + 1, end - at - 1);
    if (begin == at || domain.find('.') == std::string_view::npos) return {};
    return {begin, end, "email"};
}

}  // namespace nightshift
