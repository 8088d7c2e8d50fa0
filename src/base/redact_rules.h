#pragma once

#include <cstddef>
#include <string_view>

namespace nightshift {

// A secret found in a text: [begin, end) is replaced.
struct SecretMatch {
    size_t begin = 0;
    size_t end = 0;
    std::string_view kind;  // empty: nothing here

    bool is_found() const { return !kind.empty(); }
};

// The prefixes a secret can start with, of at least three characters; `any_case` compares the first three
// without case.
struct SecretPrefix {
    std::string_view text;
    bool any_case;
};
struct SecretPrefixes {
    const SecretPrefix* first;
    size_t count;
};
SecretPrefixes secret_prefixes();

// The exact check at a candidate. Looks at most some hundred characters ahead before it says no.
SecretMatch match_secret(std::string_view text, size_t at);

// An e-mail address around the '@' at `at`, no further left than `from`.
SecretMatch match_email(std::string_view text, size_t at, size_t from);

}  // namespace nightshift
