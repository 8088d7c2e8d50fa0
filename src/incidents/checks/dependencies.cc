#include <fmt/format.h>

#include <algorithm>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "dependencies";

using Health = DependencyFact::Health;

std::string in_words(const DependencyFact& each) {
    std::string says = each.says.empty() ? "" : ": " + each.says;
    switch (each.health) {
        case Health::kGood:
            return "";
        case Health::kUnknown:
            return fmt::format("of {} {} nobody can tell{}", each.kind, each.name, says);
        case Health::kDegraded:
            says = "is degraded" + says;
            break;
        case Health::kDown:
            says = "is down" + says;
            break;
    }
    std::string other = !each.has_alternative      ? "; no other way"
                        : each.alternative.empty() ? "; another way works"
                                                   : "; another way works: " + each.alternative;
    return fmt::format("{} {} {}{}", each.kind, each.name, says, other);
}

Finding finding_of(const std::vector<DependencyFact>& all) {
    auto any = [&](auto is) { return std::any_of(all.begin(), all.end(), is); };
    if (any([](const DependencyFact& e) { return e.health == Health::kDown && !e.has_alternative; }))
        return Finding::kBad;
    if (any([](const DependencyFact& e) {
            return e.health == Health::kDown || e.health == Health::kDegraded;
        }))
        return Finding::kSuspicious;
    if (any([](const DependencyFact& e) { return e.health == Health::kUnknown; })) return Finding::kUnknown;
    return all.empty() ? Finding::kNothing : Finding::kGood;
}

}  // namespace

Check check_dependencies(const Facts& facts) {
    const auto* all = known(facts, facts.dependencies, "dependencies");
    if (all == nullptr) return not_gathered(kName, "what it depends on");
    Finding finding = finding_of(*all);
    if (finding == Finding::kNothing) return found(kName, finding, "it depends on nothing that is known");
    std::vector<std::string> says;
    std::vector<std::string> evidence;
    for (const DependencyFact& each : *all) {
        if (each.health == Health::kGood) continue;
        says.push_back(in_words(each));
        evidence.push_back(fmt::format("dependency:{}/{}", each.kind, each.name));
    }
    if (finding == Finding::kGood)
        return found(kName, finding, fmt::format("all {} that it depends on answer", all->size()));
    return found(kName, finding, list(says, kNamedMax, says.size()), std::move(evidence));
}

}  // namespace nightshift::incidents
