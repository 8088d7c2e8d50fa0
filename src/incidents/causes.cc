#include "incidents/causes.h"

#include <fmt/format.h>

#include <algorithm>

#include "incidents/checks.h"
#include "incidents/evidence.h"
#include "incidents/limits.h"
#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

using Health = DependencyFact::Health;

// Percent; docs/incidents.md has the same numbers.
constexpr int kCommon = 95;
constexpr int kLoop = 90;
constexpr int kOwnPart = 85;
constexpr int kSource = 80;
constexpr int kChangeJustBefore = 75;
constexpr int kDown = 70;  // and the subject is known to use it
constexpr int kResources = 65;
constexpr int kExpectation = 60;
constexpr int kChange = 50;
constexpr int kActivity = 45;
constexpr int kWorse = 40;
constexpr int kDownBeside = 35;  // nobody knows whether the subject uses it

constexpr uint64_t kCommonFrom = 2;  // so many bad siblings make a common cause

// "source openclaw/main" as evidence refers to it.
std::string reference_of(std::string_view shared) {
    size_t space = shared.find(' ');
    if (space == std::string_view::npos) return "";
    return fmt::format("dependency:{}/{}", shared.substr(0, space), shared.substr(space + 1));
}

void add_common(const Facts& facts, std::vector<Cause>& causes) {
    const auto* siblings = known(facts, facts.siblings, "siblings");
    if (siblings == nullptr) return;
    for (const SiblingFacts& each : *siblings) {
        if (each.bad < kCommonFrom) continue;
        for (const std::string& shared : each.sharing)
            causes.push_back({shared, fmt::format("{} other {} are bad and share it", each.bad, each.kind),
                              kCommon, reference_of(shared)});
    }
}

void add_own(const Facts& facts, std::vector<Cause>& causes) {
    const OwnFacts* own = known(facts, facts.own, "own");
    if (own == nullptr) return;
    for (const OwnFacts::Failing& each : own->failing)
        causes.push_back({"Nightshift's own " + each.part, each.message, kOwnPart, "self:" + each.part});
    if (own->source.empty()) return;
    std::string evidence = "source:" + own->source;
    if (own->is_source_reachable && !*own->is_source_reachable) {
        causes.push_back({own->source, "it cannot be reached", kSource, std::move(evidence)});
    } else if (silence_of(facts) == Silence::kSilent) {
        causes.push_back({own->source, "silent for " + span(facts.at - *own->source_last_event), kSource,
                          std::move(evidence)});
    }
}

void add_changes(const Facts& facts, std::vector<Cause>& causes) {
    const auto* changes = known(facts, facts.changes, "changes");
    if (changes == nullptr) return;
    Time began = trouble_began(facts);
    for (const ChangeFact& each : *changes) {
        bool is_elsewhere =
            !each.about.empty() && each.about != facts.subject.kind + ":" + facts.subject.name;
        if (is_elsewhere || each.at > began || began - each.at > kChangeBefore) continue;
        std::string who = each.who.empty() ? "" : ", by " + each.who;
        causes.push_back({each.what, fmt::format("{} before it began{}", span(began - each.at), who),
                          began - each.at <= kChangeClose && !each.is_restart ? kChangeJustBefore : kChange,
                          fmt::format("change:{}", unix_ms(each.at))});
    }
}

void add_dependencies(const Facts& facts, std::vector<Cause>& causes) {
    const auto* all = known(facts, facts.dependencies, "dependencies");
    if (all == nullptr) return;
    for (const DependencyFact& each : *all) {
        if (each.health != Health::kDown && each.health != Health::kDegraded) continue;
        std::string state = each.health == Health::kDown ? "down" : "degraded";
        causes.push_back({each.kind + " " + each.name, each.says.empty() ? state : state + ": " + each.says,
                          !each.is_its_own               ? kDownBeside
                          : each.health == Health::kDown ? kDown
                                                         : kWorse,
                          fmt::format("dependency:{}/{}", each.kind, each.name)});
    }
}

void add_expectations(const Facts& facts, std::vector<Cause>& causes) {
    const JobFacts* job = known_job(facts);
    const RunFact* run = job == nullptr ? nullptr : newest_decided(*job);
    if (run == nullptr) return;
    for (const Standing& each : standings_of(*run)) {
        if (each.does_not.empty()) continue;
        bool is_blocking = each.impact == "blocking" && each.outcome != "holds";
        causes.push_back({"expectation " + each.name, each.does_not, is_blocking ? kExpectation : kWorse,
                          "run:" + run->id});
    }
    if (run->expectations.empty() && is_bad_verdict(run->verdict))
        causes.push_back({"run " + run->id, run->why, kExpectation, "run:" + run->id});
}

void add_activity(const Facts& facts, std::vector<Cause>& causes) {
    const ActivityFacts* activity = known(facts, facts.activity, "activity");
    if (activity == nullptr) return;
    std::string what =
        activity->session.empty() ? "agent " + activity->agent : "session " + activity->session;
    std::string evidence = activity->session.empty() ? "" : "session:" + activity->session;
    if (activity->is_loop || activity->state == "looping") {
        causes.push_back({what + " loops", activity->loop.empty() ? activity->why : activity->loop, kLoop,
                          std::move(evidence)});
    } else if (activity->state == "failed" || activity->state == "rate_limited" ||
               activity->state == "stalled") {
        causes.push_back({what + " is " + activity->state, activity->why, kActivity, std::move(evidence)});
    }
}

}  // namespace

std::vector<Cause> rank_causes(const Facts& facts) {
    std::vector<Cause> causes;
    add_common(facts, causes);
    add_own(facts, causes);
    add_changes(facts, causes);
    add_dependencies(facts, causes);
    add_expectations(facts, causes);
    add_activity(facts, causes);
    Check resources = check_resources(facts);
    if (resources.finding == Finding::kBad)
        causes.push_back({"too little room", std::string(resources.says), kResources, ""});
    // Of the same confidence the first found goes first.
    std::vector<Cause> sorted;
    for (Cause& each : causes) {
        auto place = std::find_if(sorted.begin(), sorted.end(),
                                  [&](const Cause& other) { return other.confidence < each.confidence; });
        sorted.insert(place, std::move(each));
    }
    causes = std::move(sorted);
    if (causes.size() > kCausesMax) causes.resize(kCausesMax);
    return causes;
}

}  // namespace nightshift::incidents
