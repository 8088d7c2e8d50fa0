#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nightshift {

// Takes secrets out of text before it is written or shown: provider keys, bearer tokens, JWTs, private keys,
// passwords in URLs and assignments, and e-mail addresses if asked. Each becomes "[redacted:<kind>]".
// Immutable, any thread.
//
// It works in two steps: a filter that looks at three bytes at a time (32 positions at once with AVX2) finds
// the few places where a secret could start, and an exact check decides there.
class Redactor {
public:
    enum class Emails { kKeep, kRedact };

    explicit Redactor(Emails emails = Emails::kKeep);

    // False for ordinary text. True means that redact() has to look closer, not that there is a secret.
    bool may_hold_secret(std::string_view text) const { return next_candidate(text, 0) < text.size(); }

    // Appends `text` without its secrets and says how many were taken out.
    size_t redact(std::string_view text, std::string& out) const;
    std::string redact(std::string_view text) const;

private:
    // The first place at or after `from` where a secret may start; text.size() when there is none.
    size_t next_candidate(std::string_view text, size_t from) const;

    using Find = size_t (*)(const Redactor&, std::string_view, size_t from);
    static size_t find_scalar(const Redactor& self, std::string_view text, size_t from);
    static size_t find_avx2(const Redactor& self, std::string_view text, size_t from);
    bool is_candidate(const char* at) const;

    Emails emails_;
    Find find_;
    // Bit b of bytes_[i][c]: a rule of group b has character c at place i. low_ and high_ say the same by
    // half bytes.
    std::array<std::array<uint8_t, 256>, 3> bytes_{};
    std::array<std::array<uint8_t, 16>, 3> low_{};
    std::array<std::array<uint8_t, 16>, 3> high_{};
};

// Whether a member with this name holds a secret whatever its value looks like: `password`, `db.api_key`,
// `authorization`, ... A `token` counts only when the value is long enough to be one ("token": "input" is a
// kind of token).
bool is_secret_member(std::string_view name, std::string_view value);

}  // namespace nightshift
