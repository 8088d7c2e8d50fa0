#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace nightshift::jobs::evidence {

// A regular expression (RE2 syntax: linear time, whatever the text). Immutable, cheap to copy.
class Pattern {
public:
    // kInvalid with RE2's reason.
    static Result<Pattern> parse(const std::string& text);

    // The first place that matches, at most `bytes_max` of it; a view into `text`. Null data: none.
    std::string_view first_in(std::string_view text, size_t bytes_max = 80) const;
    bool is_in(std::string_view text) const { return first_in(text).data() != nullptr; }
    const std::string& text() const;

private:
    std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace nightshift::jobs::evidence
