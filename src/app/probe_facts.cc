#include "app/probe_facts.h"

#include <fmt/format.h>

#include <algorithm>

namespace nightshift::app {
namespace {

using health::ProbeSpec;
using health::ProbeView;
using health::State;
using incidents::DependencyFact;
using Health = DependencyFact::Health;

// How near a probe is to what is asked about.
enum class Nearness : uint8_t { kNone, kShared, kItsOwn };

bool is_shared(const std::string& kind) {
    return kind == "route" || kind == "provider" || kind == "source" || kind == "channel";
}

bool is_asked_about(const ProbeSpec& probe, const incidents::Subject& subject) {
    return subject.kind == "probe" && subject.name == probe.name;
}

Nearness nearness_of(const ProbeSpec& probe, const Concern& concern) {
    const auto& [subject, labels, uses] = concern;
    if (is_asked_about(probe, subject) || labels.get("probe") == probe.name) return Nearness::kItsOwn;
    const health::Subject& about = probe.subject;
    if (about.empty()) return Nearness::kNone;
    bool is_about_it = about.kind == subject.kind && about.name == subject.name;
    bool is_its_own =
        is_about_it || labels.get(about.kind) == about.name || is_use(uses, about.kind + " " + about.name);
    if (is_its_own) return Nearness::kItsOwn;
    return is_shared(about.kind) ? Nearness::kShared : Nearness::kNone;
}

// Of the thing that the probe speaks about; of the probe, when that is what is asked about.
DependencyFact& fact_of(const ProbeSpec& probe, const Concern& concern, std::vector<DependencyFact>& facts) {
    bool is_itself = probe.subject.empty() || is_asked_about(probe, concern.subject);
    std::string kind = is_itself ? "probe" : probe.subject.kind;
    std::string name = is_itself ? probe.name : probe.subject.name;
    auto known = std::find_if(facts.begin(), facts.end(), [&](const DependencyFact& each) {
        return each.kind == kind && each.name == name;
    });
    if (known != facts.end()) return *known;
    facts.push_back({.kind = std::move(kind), .name = std::move(name)});
    return facts.back();
}

// Of what only others share with it nobody knows that there is no other way.
Health worse(Health before, Nearness nearness) {
    if (nearness == Nearness::kItsOwn || before == Health::kDown) return Health::kDown;
    return Health::kDegraded;
}

void weigh(const ProbeView& probe, Nearness nearness, DependencyFact& fact) {
    std::string says = fact.kind == "probe"
                           ? probe.standing.why
                           : fmt::format("probe {}: {}", probe.spec->name, probe.standing.why);
    if (nearness == Nearness::kItsOwn) fact.is_its_own = true;
    fact.says += (fact.says.empty() ? "" : "; ") + says;
    if (probe.standing.state == State::kFailing) {
        fact.health = worse(fact.health, nearness);
        if (!fact.since) fact.since = probe.standing.since;
    } else if (probe.standing.state == State::kPassing && fact.health == Health::kUnknown) {
        fact.health = Health::kGood;
    }
}

}  // namespace

void weigh_probes(const std::vector<ProbeView>& probes, const Concern& concern,
                  std::vector<DependencyFact>& facts) {
    for (const ProbeView& each : probes) {
        Nearness nearness = nearness_of(*each.spec, concern);
        if (nearness != Nearness::kNone) weigh(each, nearness, fact_of(*each.spec, concern, facts));
    }
}

}  // namespace nightshift::app
