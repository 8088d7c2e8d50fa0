#include "recorder/signature.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "base/text.h"

namespace nightshift::recorder {
namespace {

constexpr int kDepthMax = 32;
constexpr size_t kTextMax = 64u << 10;  // of arguments and outputs, more is not looked at

uint64_t hash_text(std::string_view text, uint64_t seed = 0) {
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

uint64_t mix(uint64_t a, uint64_t b) {
    const uint64_t words[2] = {a, b};
    return XXH3_64bits(words, sizeof(words));
}

Signature to_signature(uint64_t hash) {
    constexpr char kDigits[] = "0123456789abcdef";
    Signature signature;
    for (size_t i = 0; i < 16; ++i) signature.digits[i] = kDigits[hash >> (60 - 4 * i) & 15];
    return signature;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

size_t digits_at(std::string_view text, size_t from) {
    size_t i = from;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - from;
}

// Length of "2026-11-22T02:31:09.397Z" or its like at `at`; 0 when there is none.
size_t moment_length(std::string_view text, size_t at) {
    std::string_view rest = text.substr(at, 40);
    if (rest.size() < 16 || digits_at(rest, 0) != 4 || rest[4] != '-' || digits_at(rest, 5) != 2 ||
        rest[7] != '-')
        return 0;
    if (digits_at(rest, 8) != 2 || (rest[10] != 'T' && rest[10] != ' ') || digits_at(rest, 11) != 2 ||
        rest[13] != ':')
        return 0;
    size_t i = 16;
    if (i < rest.size() && rest[i] == ':') i += 1 + digits_at(rest, i + 1);
    if (i < rest.size() && rest[i] == '.') i += 1 + digits_at(rest, i + 1);
    if (i < rest.size() && rest[i] == 'Z') return i + 1;
    if (i + 6 <= rest.size() && (rest[i] == '+' || rest[i] == '-') && digits_at(rest, i + 1) == 2) i += 6;
    return i;
}

// Length of "0.53s", "120 ms" or "3 seconds" at `at`.
size_t duration_length(std::string_view text, size_t at) {
    constexpr std::string_view kUnits[] = {"milliseconds", "seconds", "second", "ms", "us", "ns", "s"};
    size_t i = at + digits_at(text, at);
    if (i < text.size() && text[i] == '.') i += 1 + digits_at(text, i + 1);
    if (i < text.size() && text[i] == ' ') ++i;
    for (std::string_view unit : kUnits) {
        if (!text.substr(i).starts_with(unit)) continue;
        size_t end = i + unit.size();
        const bool ends = end >= text.size() || !((text[end] | 0x20) >= 'a' && (text[end] | 0x20) <= 'z');
        if (ends) return end - at;
    }
    return 0;
}

enum class Durations { kKeep, kLeaveOut };

// Length of what is left out at `at`: a moment, or a duration if asked.
size_t volatile_length(std::string_view text, size_t at, Durations durations) {
    const bool starts_number = is_digit(text[at]) && (at == 0 || !is_digit(text[at - 1]));
    if (!starts_number) return 0;
    size_t length = moment_length(text, at);
    return length == 0 && durations == Durations::kLeaveOut ? duration_length(text, at) : length;
}

// The hash of a text without its moments. Most texts have none and are hashed as they are.
uint64_t hash_stable(std::string_view text, Durations durations) {
    text = text.substr(0, kTextMax);
    std::string stable;
    size_t kept_to = 0;
    for (size_t i = 0; i < text.size();) {
        size_t skip = volatile_length(text, i, durations);
        if (skip == 0) {
            ++i;
            continue;
        }
        stable.append(text.substr(kept_to, i - kept_to)).append("~");
        kept_to = i = i + skip;
    }
    if (kept_to == 0) return hash_text(text);
    return hash_text(stable.append(text.substr(kept_to)));
}

bool is_volatile_member(std::string_view name) {
    constexpr std::string_view kNames[] = {"timestamp",
                                           "ts",
                                           "time",
                                           "now",
                                           "nonce",
                                           "request_id",
                                           "requestid",
                                           "trace_id",
                                           "traceid",
                                           "span_id",
                                           "tool_use_id",
                                           "tool_call_id",
                                           "toolcallid",
                                           "call_id",
                                           "message_id",
                                           "correlation_id",
                                           "idempotency_key",
                                           "idempotencykey",
                                           "cache_buster",
                                           "random",
                                           "seed"};
    auto same = [&](std::string_view word) {
        return name.size() == word.size() && equals_ignore_case(name, word);
    };
    return std::any_of(std::begin(kNames), std::end(kNames), same);
}

// Hashes JSON without building it: members are added up, so that their order does not matter. Nothing on bad
// JSON.
class JsonHash {
public:
    explicit JsonHash(std::string_view text) : text_(text) {}

    std::optional<uint64_t> whole() {
        std::optional<uint64_t> hash = value(0);
        skip_blanks();
        return at_ == text_.size() ? hash : std::nullopt;
    }

private:
    std::optional<uint64_t> value(int depth) {
        skip_blanks();
        if (at_ >= text_.size() || depth > kDepthMax) return std::nullopt;
        switch (text_[at_]) {
            case '{':
                return object(depth);
            case '[':
                return array(depth);
            case '"': {
                std::optional<std::string_view> text = string();
                if (!text) return std::nullopt;
                return hash_stable(*text, Durations::kKeep);
            }
            default:
                return scalar();
        }
    }

    std::optional<uint64_t> object(int depth) {
        uint64_t sum = 1;
        uint64_t description = 0;
        bool has_command = false;
        ++at_;
        for (skip_blanks(); !take('}'); skip_blanks()) {
            if (sum != 1 && take(',')) skip_blanks();
            std::optional<std::string_view> name = string();
            skip_blanks();
            if (!name || !take(':')) return std::nullopt;
            std::optional<uint64_t> hash = value(depth + 1);
            if (!hash) return std::nullopt;
            uint64_t member = is_volatile_member(*name) ? hash_text(*name) : mix(hash_text(*name), *hash);
            sum += member | 1;
            has_command = has_command || *name == "command" || *name == "cmd";
            if (*name == "description") description = member | 1;
        }
        return mix(2, has_command ? sum - description : sum);
    }

    std::optional<uint64_t> array(int depth) {
        uint64_t chain = 3;
        bool is_first = true;
        ++at_;
        for (skip_blanks(); !take(']'); skip_blanks()) {
            if (!is_first && !take(',')) return std::nullopt;
            is_first = false;
            std::optional<uint64_t> hash = value(depth + 1);
            if (!hash) return std::nullopt;
            chain = mix(chain, *hash);
        }
        return chain;
    }

    // The raw text between quotes; escapes stay as they are, equal writers write equal escapes.
    std::optional<std::string_view> string() {
        if (!take('"')) return std::nullopt;
        size_t from = at_;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        if (at_ >= text_.size()) return std::nullopt;
        return text_.substr(from, at_++ - from);
    }

    std::optional<uint64_t> scalar() {
        size_t from = at_;
        while (at_ < text_.size() &&
               std::string_view(",]} \t\r\n{[\":").find(text_[at_]) == std::string_view::npos)
            ++at_;
        if (at_ == from) return std::nullopt;
        return hash_text(text_.substr(from, at_ - from), 4);
    }

    void skip_blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    size_t at_ = 0;
};

// Sizes within some 4 % are one bucket; small ones are exact.
uint64_t size_bucket(uint64_t bytes) {
    if (bytes < 32) return bytes;
    const int shift = static_cast<int>(std::bit_width(bytes)) - 5;
    return static_cast<uint64_t>(shift) << 32 | bytes >> shift;
}

}  // namespace

Signature call_signature(std::string_view tool, std::string_view arguments) {
    arguments = trim(arguments.substr(0, kTextMax));
    std::optional<uint64_t> hash;
    if (arguments.starts_with('{') || arguments.starts_with('[')) hash = JsonHash(arguments).whole();
    if (!hash) hash = hash_stable(arguments, Durations::kKeep);
    return to_signature(mix(hash_text(tool), *hash));
}

Signature result_signature(const CallResult& result) {
    uint64_t output = result.output.empty() ? size_bucket(result.output_bytes)
                                            : hash_stable(result.output, Durations::kLeaveOut);
    return to_signature(mix(mix(static_cast<uint64_t>(result.status), hash_text(result.error_type)), output));
}

std::string call_text(std::string_view tool, std::string_view arguments) {
    std::string text;
    text.reserve(2 * kCallTextMax + 1);
    text.append(truncate_utf8(tool, kCallTextMax));
    arguments = trim(arguments);
    if (!arguments.empty()) text.append(" ").append(truncate_utf8(arguments, kCallTextMax));
    if (!is_valid_utf8(text)) text = to_valid_utf8(text);
    text.resize(truncate_utf8(text, kCallTextMax).size());
    return text;
}

}  // namespace nightshift::recorder
