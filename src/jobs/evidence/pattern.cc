#include "jobs/evidence/pattern.h"

#include <re2/re2.h>

#include "base/text.h"

namespace nightshift::jobs::evidence {

Result<Pattern> Pattern::parse(const std::string& text) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto compiled = std::make_shared<re2::RE2>(text, options);
    if (!compiled->ok())
        return fail(Code::kInvalid, "the pattern '{}' is broken: {}", text, compiled->error());
    Pattern pattern;
    pattern.compiled_ = std::move(compiled);
    return pattern;
}

std::string_view Pattern::first_in(std::string_view text, size_t bytes_max) const {
    re2::StringPiece found;
    re2::StringPiece in(text.data(), text.size());
    if (!compiled_->Match(in, 0, in.size(), re2::RE2::UNANCHORED, &found, 1)) return {};
    std::string_view place(found.data(), found.size());
    return truncate_utf8(place, bytes_max);
}

const std::string& Pattern::text() const {
    return compiled_->pattern();
}

}  // namespace nightshift::jobs::evidence
