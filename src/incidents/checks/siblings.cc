#include <fmt/format.h>

#include <algorithm>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "siblings";

std::string in_words(const SiblingFacts& each) {
    uint64_t all = each.good + each.bad + each.unknown;
    if (each.bad == 0 && each.unknown == 0) return fmt::format("all {} other {} are fine", all, each.kind);
    std::string out = fmt::format("{} of {} other {} are bad", each.bad, all, each.kind);
    if (each.bad > 0 && !each.bad_names.empty())
        out += fmt::format(" ({})", list(each.bad_names, kNamedMax, each.bad));
    if (each.unknown > 0) out += fmt::format(", of {} nobody can tell", each.unknown);
    if (each.bad > 0 && !each.sharing.empty())
        out += ", and share " + list(each.sharing, kNamedMax, each.sharing.size());
    return out;
}

Finding finding_of(const SiblingFacts& each) {
    if (each.bad > 0) return each.sharing.empty() ? Finding::kSuspicious : Finding::kBad;
    if (each.unknown > 0) return Finding::kUnknown;
    return each.good > 0 ? Finding::kGood : Finding::kNothing;
}

int rank(Finding finding) {
    switch (finding) {
        case Finding::kBad:
            return 4;
        case Finding::kSuspicious:
            return 3;
        case Finding::kUnknown:
            return 2;
        case Finding::kGood:
            return 1;
        case Finding::kNothing:
            return 0;
    }
    return 2;
}

}  // namespace

Check check_siblings(const Facts& facts) {
    const auto* all = known(facts, facts.siblings, "siblings");
    if (all == nullptr) return not_gathered(kName, "others of the same kind");
    Finding worst = Finding::kNothing;
    std::string says;
    for (const SiblingFacts& each : *all) {
        Finding finding = finding_of(each);
        if (finding == Finding::kNothing) continue;
        if (rank(finding) > rank(worst)) worst = finding;
        says += (says.empty() ? "" : "; ") + in_words(each);
    }
    if (worst == Finding::kNothing) says = "there are no others of its kind";
    return found(kName, worst, says);
}

}  // namespace nightshift::incidents
