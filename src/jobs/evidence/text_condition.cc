#include "jobs/evidence/text_condition.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "jobs/evidence/condition.h"
#include "jobs/evidence/hollow.h"

namespace nightshift::jobs::evidence {
namespace {

std::string start_of(std::string_view text) {
    constexpr size_t kBytesMax = 100;
    std::string_view trimmed = trim(text);
    return fmt::format("\"{}\"", to_valid_utf8(truncate_utf8(trimmed, kBytesMax)));
}

// Not found in what was read: a fact only when all was read.
Finding absent(const FileText& read, Finding finding) {
    if (read.is_whole) return finding;
    finding.outcome = Outcome::kUnknown;
    finding.text += fmt::format(" in the {} of {} bytes that were read", read.text.size(), read.bytes);
    return finding;
}

uint64_t count_lines(std::string_view text) {
    auto lines = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
    return lines + (!text.empty() && text.back() != '\n' ? 1 : 0);
}

}  // namespace

TextCondition TextCondition::parse(Keys& keys, bool not_hollow_default) {
    TextCondition condition;
    condition.matches = read_pattern(keys, "matches");
    condition.not_matches = read_pattern(keys, "not_matches");
    condition.not_hollow = keys.flag("not_hollow").value_or(not_hollow_default);
    condition.lines_min = keys.count("lines_min");
    return condition;
}

std::string TextCondition::describe() const {
    std::vector<std::string> parts;
    if (matches) parts.push_back(fmt::format("matches '{}'", matches->text()));
    if (not_matches) parts.push_back(fmt::format("does not match '{}'", not_matches->text()));
    if (lines_min) parts.push_back(fmt::format("has {} lines or more", *lines_min));
    if (not_hollow) parts.emplace_back("is not hollow");
    return fmt::format("{}", fmt::join(parts, ", "));
}

Finding TextCondition::judge(std::string_view what, const FileText& read) const {
    if (trim(read.text).empty() && read.is_whole) return fails(fmt::format("{} is empty", what));
    std::vector<Finding> parts{holds(fmt::format("{}: {}", what, start_of(read.text)))};
    if (not_hollow && read.is_whole) {
        if (std::optional<std::string> reason = hollow_reason(read.text))
            parts.push_back(fails(fmt::format("{} is hollow, {}: {}", what, *reason, start_of(read.text))));
    }
    if (not_matches) {
        std::string_view place = not_matches->first_in(read.text);
        if (place.data() != nullptr) {
            parts.push_back(fails(fmt::format("{} has {}, which it must not", what, start_of(place))));
        } else {
            parts.push_back(absent(read, holds(fmt::format("'{}' was not found", not_matches->text()))));
        }
    }
    if (matches && !matches->is_in(read.text))
        parts.push_back(absent(read, fails(fmt::format("{} has no match of '{}'", what, matches->text()))));
    if (lines_min) {
        uint64_t lines = count_lines(read.text);
        std::string text = fmt::format("{} has {} lines", what, lines);
        if (lines >= *lines_min) {
            parts.push_back(holds(text, static_cast<double>(lines)));
        } else {
            text += fmt::format(", fewer than {}", *lines_min);
            parts.push_back(absent(read, fails(text, static_cast<double>(lines))));
        }
    }
    return all_of(parts);
}

}  // namespace nightshift::jobs::evidence
