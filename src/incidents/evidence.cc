#include "incidents/evidence.h"

#include <algorithm>

#include "incidents/limits.h"

namespace nightshift::incidents {
namespace {

bool has_no_job(const Subject& subject) {
    return subject.kind == "route" || subject.kind == "budget" || subject.kind == "self";
}

bool is_decided(const RunFact& run) {
    return !run.verdict.empty();
}

// A run that counts for now: it ended after the trouble began, or it is the last one that was due.
bool is_current(const Facts& facts, const JobFacts& job, const RunFact& run) {
    if (job.next && *job.next <= facts.at) return false;
    if (end_of(run) >= trouble_began(facts)) return true;
    // What a session does now says nothing about the run before it.
    if (is_about_activity(facts.subject)) return false;
    // A job without a plan owes nothing; one that is paused may.
    return (job.next || !job.is_paused) && is_decided(job.runs.front());
}

bool is_overdue(const Facts& facts, const JobFacts& job) {
    bool is_open = job.runs.empty() || !is_decided(job.runs.front());
    return is_open && job.deadline && *job.deadline < facts.at;
}

void add_path(Standing& standing, const ExpectationFact& path) {
    if (path.outcome == "holds") {
        standing.outcome = "holds";
        if (!path.is_claimants_word) standing.holds_by = path.condition;
        return;
    }
    if (standing.outcome != "holds" && path.outcome != "fails") standing.outcome = "unknown";
    standing.does_not += (standing.does_not.empty() ? "" : "; ") + path.condition + ": " + path.observed;
}

}  // namespace

const JobFacts* known_job(const Facts& facts) {
    return known(facts, facts.job, "job");
}

std::vector<std::string> missing_parts(const Facts& facts) {
    std::vector<std::string> names;
    auto look = [&](const auto& part, const char* name, bool is_needed) {
        bool is_late = std::find(facts.late.begin(), facts.late.end(), name) != facts.late.end();
        if (is_late || (is_needed && !part)) names.emplace_back(name);
    };
    bool has_job = !has_no_job(facts.subject);
    look(facts.job, "job", has_job);
    look(facts.receipts, "receipts", has_job);
    look(facts.siblings, "siblings", true);
    look(facts.dependencies, "dependencies", true);
    look(facts.activity, "activity", is_about_activity(facts.subject));
    look(facts.own, "own", true);
    look(facts.changes, "changes", true);
    look(facts.resources, "resources", true);
    return names;
}

bool is_good_verdict(std::string_view verdict) {
    return verdict == "verified" || verdict == "silent_ok" || verdict == "late";
}

bool is_bad_verdict(std::string_view verdict) {
    return verdict == "failed" || verdict == "contradicted" || verdict == "missed";
}

bool is_about_activity(const Subject& subject) {
    return subject.kind == "session" || subject.kind == "agent";
}

const RunFact* newest_decided(const JobFacts& job) {
    for (const RunFact& run : job.runs) {
        if (!run.verdict.empty() && run.verdict != "skipped") return &run;
    }
    return nullptr;
}

Time end_of(const RunFact& run) {
    return run.ended.value_or(run.nominal);
}

Time trouble_began(const Facts& facts) {
    std::optional<Time> before;
    if (is_about_activity(facts.subject)) {
        if (const ActivityFacts* activity = known(facts, facts.activity, "activity"))
            before = activity->since;
    } else if (const OwnFacts* own = known(facts, facts.own, "own")) {
        before = own->source_last_event;
    }
    return before ? std::min(facts.alert_started, *before) : facts.alert_started;
}

Work work_of(const Facts& facts) {
    const JobFacts* job = known_job(facts);
    if (job == nullptr) return has_no_job(facts.subject) ? Work::kNothing : Work::kUnknown;
    if (job->job.empty()) return Work::kNothing;
    if (is_overdue(facts, *job)) return Work::kNotDone;
    const RunFact* run = newest_decided(*job);
    if (run == nullptr) return Work::kUnknown;
    if (is_bad_verdict(run->verdict)) return Work::kNotDone;
    bool is_good = is_good_verdict(run->verdict) && is_current(facts, *job, *run);
    return is_good ? Work::kProven : Work::kUnknown;
}

std::vector<Standing> standings_of(const RunFact& run) {
    std::vector<Standing> all;
    for (const ExpectationFact& path : run.expectations) {
        auto place = std::find_if(all.begin(), all.end(),
                                  [&](const Standing& each) { return each.name == path.name; });
        if (place == all.end()) {
            all.push_back({path.name, path.impact, "fails", "", "", false});
            place = all.end() - 1;
        }
        add_path(*place, path);
    }
    for (Standing& each : all) each.is_alternative = each.outcome == "holds" && !each.does_not.empty();
    return all;
}

Silence silence_of(const Facts& facts) {
    const OwnFacts* own = known(facts, facts.own, "own");
    if (own == nullptr) return Silence::kUnknown;
    if (own->source.empty()) return Silence::kNothing;
    if (!own->source_last_event) return Silence::kUnknown;
    bool is_long = own->is_judged_silent || facts.at - *own->source_last_event >= kSilentFrom;
    bool is_silent = *own->source_last_event < facts.alert_started && is_long;
    return is_silent ? Silence::kSilent : Silence::kSpeaks;
}

bool is_alive_elsewhere(const Facts& facts) {
    const OwnFacts* own = known(facts, facts.own, "own");
    if (own == nullptr || !own->subject_last_event_elsewhere) return false;
    Time heard = *own->subject_last_event_elsewhere;
    bool is_after =
        heard >= facts.alert_started || (own->source_last_event && heard > *own->source_last_event);
    return is_after && facts.at - heard <= kAliveWithin;
}

}  // namespace nightshift::incidents
