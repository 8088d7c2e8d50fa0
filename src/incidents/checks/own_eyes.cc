#include <fmt/format.h>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "own eyes";

std::string last_heard(const OwnFacts& own, Time now) {
    if (!own.source_last_event) return "it was never heard of";
    return "its last event came " + ago(*own.source_last_event, now);
}

std::string elsewhere(const Facts& facts, const OwnFacts& own) {
    if (!is_alive_elsewhere(facts)) return "";
    return fmt::format("; {} was heard of through another source {}", facts.subject.name,
                       ago(*own.subject_last_event_elsewhere, facts.at));
}

}  // namespace

Check check_own_eyes(const Facts& facts) {
    const OwnFacts* own = known(facts, facts.own, "own");
    if (own == nullptr) return not_gathered(kName, "Nightshift's own parts");
    if (!own->failing.empty()) {
        const OwnFacts::Failing& first = own->failing.front();
        std::string since = first.since ? " for " + span(facts.at - *first.since) : "";
        return found(kName, Finding::kBad,
                     fmt::format("{} of Nightshift's own parts fail; {}{}: {}", own->failing.size(),
                                 first.part, since, first.message),
                     {"self:" + first.part});
    }
    if (own->is_behind)
        return found(kName, Finding::kUnknown, "Nightshift's picture is older than the events it has");
    if (own->source.empty()) return found(kName, Finding::kGood, "Nightshift's own parts work");
    std::vector<std::string> evidence{"source:" + own->source};
    std::string heard = last_heard(*own, facts.at) + elsewhere(facts, *own);
    if (!own->is_source_reachable)
        return found(kName, Finding::kUnknown,
                     fmt::format("whether {} can be reached is not known; {}", own->source, heard),
                     std::move(evidence));
    if (!*own->is_source_reachable)
        return found(kName, Finding::kBad, fmt::format("{} cannot be reached; {}", own->source, heard),
                     std::move(evidence));
    switch (silence_of(facts)) {
        case Silence::kSilent:
            return found(kName, Finding::kSuspicious,
                         fmt::format("{} can be reached and is silent: {}", own->source, heard),
                         std::move(evidence));
        case Silence::kUnknown:
            return found(kName, Finding::kUnknown,
                         fmt::format("{} can be reached, but {}", own->source, heard), std::move(evidence));
        case Silence::kSpeaks:
        case Silence::kNothing:
            break;
    }
    return found(kName, Finding::kGood, fmt::format("{} can be reached; {}", own->source, heard),
                 std::move(evidence));
}

}  // namespace nightshift::incidents
