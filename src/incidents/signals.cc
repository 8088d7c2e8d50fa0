#include "incidents/signals.h"

#include <algorithm>

namespace nightshift::incidents {
namespace {

using Health = DependencyFact::Health;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_wrong(Finding finding) {
    return finding == Finding::kBad || finding == Finding::kSuspicious;
}

const RunFact* newest_run(const Facts& facts) {
    const JobFacts* job = known_job(facts);
    return job == nullptr ? nullptr : newest_decided(*job);
}

// Of the newest run: an expectation that is not blocking does not hold, or one holds by another path only.
bool has_standing(const Signals& signals, std::string_view impact, bool is_alternative) {
    const RunFact* run = newest_run(signals.facts);
    if (run == nullptr) return false;
    std::vector<Standing> all = standings_of(*run);
    return std::any_of(all.begin(), all.end(), [&](const Standing& each) {
        if (is_alternative) return each.is_alternative && each.impact != "enhancement";
        return each.impact == impact && each.outcome != "holds";
    });
}

bool has_warning(const Facts& facts) {
    const RunFact* run = newest_run(facts);
    return run != nullptr && !run->warning.empty();
}

bool was_late(const Facts& facts) {
    const RunFact* run = newest_run(facts);
    return run != nullptr && run->verdict == "late";
}

}  // namespace

Signals::Signals(const Facts& given, const std::vector<Check>& checked)
    : facts(given),
      checks(checked),
      work(work_of(given)),
      missing(missing_parts(given)),
      activity(known(given, given.activity, "activity")),
      own(known(given, given.own, "own")),
      dependencies(known(given, given.dependencies, "dependencies")) {}

const Check* Signals::check(std::string_view name) const {
    auto place =
        std::find_if(checks.begin(), checks.end(), [&](const Check& each) { return each.name == name; });
    return place == checks.end() ? nullptr : &*place;
}

Finding Signals::finding(std::string_view name) const {
    const Check* one = check(name);
    return one == nullptr ? Finding::kUnknown : one->finding;
}

std::string Signals::says(std::string_view name) const {
    const Check* one = check(name);
    return one == nullptr ? "" : std::string(one->says);
}

bool Signals::loops() const {
    return activity != nullptr && (activity->is_loop || activity->state == "looping");
}

bool Signals::burns() const {
    return loops() && activity->tokens_last_minutes > 0;
}

bool Signals::is_stuck() const {
    return activity != nullptr && is_about_activity(facts.subject) &&
           is_one_of(activity->state, {"failed", "waiting_approval"});
}

bool Signals::is_blind() const {
    if (own == nullptr || !own->failing.empty() || own->is_behind) return true;
    return !own->source.empty() && !own->is_source_reachable.value_or(false);
}

bool Signals::is_essential_missing() const {
    return std::any_of(missing.begin(), missing.end(), [&](const std::string& part) {
        if (part == "activity") return is_about_activity(facts.subject);
        return is_one_of(part, {"job", "receipts", "dependencies", "own"});
    });
}

bool Signals::is_worse() const {
    bool is_down = dependencies != nullptr &&
                   std::any_of(dependencies->begin(), dependencies->end(), [](const DependencyFact& each) {
                       return each.health == Health::kDown || each.health == Health::kDegraded;
                   });
    return is_down || was_late(facts) || is_wrong(finding("delivery receipts")) ||
           has_standing(*this, "degraded", false) || has_standing(*this, "", true) ||
           (activity != nullptr && activity->state == "rate_limited");
}

bool Signals::has_trouble_around() const {
    return is_blind() || silence_of(facts) == Silence::kSilent || silence_of(facts) == Silence::kUnknown ||
           has_standing(*this, "enhancement", false) || has_warning(facts) ||
           finding("siblings") == Finding::kBad || is_wrong(finding("resources")) ||
           is_wrong(finding("activity")) ||
           (dependencies != nullptr && finding("dependencies") == Finding::kUnknown);
}

const DependencyFact* Signals::itself() const {
    if (dependencies == nullptr) return nullptr;
    for (const DependencyFact& each : *dependencies) {
        if (each.kind == facts.subject.kind && each.name == facts.subject.name) return &each;
    }
    return nullptr;
}

}  // namespace nightshift::incidents
