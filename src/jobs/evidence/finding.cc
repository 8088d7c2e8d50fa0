#include "jobs/evidence/finding.h"

#include "base/redact.h"
#include "base/text.h"

namespace nightshift::jobs::evidence {
namespace {

constexpr size_t kRedactedBytesMax = 64u << 10;  // of a text that will be cut far shorter anyway
constexpr std::string_view kCut = "…";

}  // namespace

Finding holds(std::string text, std::optional<double> value) {
    return {Outcome::kHolds, std::move(text), value};
}
Finding fails(std::string text, std::optional<double> value) {
    return {Outcome::kFails, std::move(text), value};
}
Finding unknown(std::string text, std::optional<double> value) {
    return {Outcome::kUnknown, std::move(text), value};
}

Finding all_of(const std::vector<Finding>& parts) {
    if (parts.empty()) return unknown("there was nothing to look at");
    Finding all = holds("");
    for (const Finding& part : parts) {
        if (part.outcome == Outcome::kFails) all.outcome = Outcome::kFails;
        if (part.outcome == Outcome::kUnknown && all.outcome == Outcome::kHolds)
            all.outcome = Outcome::kUnknown;
        if (!all.value) all.value = part.value;
    }
    for (const Finding& part : parts) {
        if (part.outcome != all.outcome || part.text.empty()) continue;
        if (!all.text.empty()) all.text += "; ";
        all.text += part.text;
    }
    return all;
}

Observation observation(const Finding& finding, std::string observer, bool is_claimants_word) {
    Observation seen;
    seen.outcome = finding.outcome;
    seen.observed = finding.text;
    seen.observer = std::move(observer);
    seen.value = finding.value;
    seen.is_claimants_word = is_claimants_word;
    return seen;
}

Observation presentable(Observation observation) {
    for (std::string* text : {&observation.observed, &observation.observer}) {
        // Redacted before it is cut: half a secret has no shape to know it by.
        std::string clean = to_valid_utf8(truncate_utf8(*text, kRedactedBytesMax));
        *text = Redactor().redact(clean);
        if (text->size() <= kObservedBytesMax) continue;
        *text = std::string(truncate_utf8(*text, kObservedBytesMax - kCut.size()));
        *text += kCut;
    }
    return observation;
}

}  // namespace nightshift::jobs::evidence
