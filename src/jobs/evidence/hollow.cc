#include "jobs/evidence/hollow.h"

#include <re2/re2.h>

#include "base/text.h"

namespace nightshift::jobs::evidence {
namespace {

struct Sign {
    const char* pattern;
    const char* reason;
    bool only_without_digits = false;  // a text with figures says more than that
};

constexpr Sign kSigns[] = {
    {R"((?i)^\W*(todo|tbd|tba|fixme|placeholder|lorem ipsum.*|n/?a|none|null|nil|undefined|nan|xxx+|foo(bar)?|\[object object\])\W*$)",
     "it is a placeholder"},
    {R"((?i)\b(insert|add|put|your) [\w ]{1,40} here\b|\[(insert|your|placeholder)\b[^\]]*\]|\blorem ipsum\b)",
     "it is a placeholder"},
    {R"((?i)\bno (reply|response|answer|output) (from|by) (the )?(agent|model|assistant)\b)",
     "no answer came"},
    {R"((?i)\bplan[- ]only\b)", "it is only a plan"},
    {R"((?i)^\W*((ok(ay)?|sure|certainly|understood|got it)\W+)?(i will|i'll|i am going to|i'm going to|i plan to|i would|let me|here(’|')?s my plan|here is my plan|my plan)\b)",
     "it is only a plan", true},
    {R"((?i)\b429\b.{0,80}\b(too many|rate|quota)|\btoo many requests\b|\brate limit(s|ed)?\b.{0,40}\b(exceeded|reached|hit|error)|\b(insufficient_quota|rate_limit_error|rate_limit_exceeded|overloaded_error)\b|\bquota (was |has been )?exceeded\b)",
     "a provider refused"},
    {R"((?i)^\W*((i'm |i am )?(sorry|afraid)[^.]{0,60})?i (cannot|can't|can not|am unable to|was unable to|could not|couldn't)\b)",
     "it says that it could not", true},
};

}  // namespace

std::optional<std::string> hollow_reason(std::string_view text) {
    std::string clean = to_valid_utf8(trim(text.substr(0, 4 * kHollowBytesMax)));
    if (clean.empty()) return "it is empty";
    if (clean.size() > kHollowBytesMax) return std::nullopt;
    bool has_digits = clean.find_first_of("0123456789") != clean.npos;
    re2::RE2::Options options;
    options.set_dot_nl(true);
    for (const Sign& sign : kSigns) {
        if (sign.only_without_digits && has_digits) continue;
        if (re2::RE2::PartialMatch(clean, re2::RE2(sign.pattern, options))) return sign.reason;
    }
    return std::nullopt;
}

}  // namespace nightshift::jobs::evidence
