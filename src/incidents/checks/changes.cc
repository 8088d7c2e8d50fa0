#include <fmt/format.h>

#include "incidents/checks/common.h"

namespace nightshift::incidents {

Check check_changes(const Facts& facts) {
    constexpr std::string_view kName = "recent changes";
    const auto* changes = known(facts, facts.changes, "changes");
    if (changes == nullptr) return not_gathered(kName, "recent changes");
    Time began = trouble_began(facts);
    std::vector<std::string> near;
    for (const ChangeFact& each : *changes) {
        if (each.at > began || began - each.at > kChangeBefore) continue;
        std::string who = each.who.empty() ? "" : " by " + each.who;
        near.push_back(fmt::format("{}{} {} before it began", each.what, who, span(began - each.at)));
    }
    if (near.empty())
        return found(kName, Finding::kGood,
                     fmt::format("no change in the {} before it began, {} in the last 24 h",
                                 span(kChangeBefore), changes->size()));
    return found(kName, Finding::kSuspicious, list(near, kNamedMax, near.size()));
}

}  // namespace nightshift::incidents
