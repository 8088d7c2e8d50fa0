#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "jobs/evidence/finding.h"
#include "jobs/evidence/keys.h"
#include "jobs/evidence/pattern.h"
#include "jobs/evidence/text_file.h"

namespace nightshift::jobs::evidence {

// The keys matches, not_matches, not_hollow and lines_min: about a text as a whole, in a file or on a screen.
struct TextCondition {
    std::optional<Pattern> matches;
    std::optional<Pattern> not_matches;
    bool not_hollow = false;
    std::optional<uint64_t> lines_min;

    // Problems are noted in `keys`.
    static TextCondition parse(Keys& keys, bool not_hollow_default);
    bool is_empty() const { return !matches && !not_matches && !not_hollow && !lines_min; }
    std::string describe() const;

    // A text with nothing but blanks satisfies none. Of a text that was not read as a whole, what was not
    // found is unknown.
    Finding judge(std::string_view what, const FileText& read) const;
};

}  // namespace nightshift::jobs::evidence
