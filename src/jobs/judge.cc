#include "jobs/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "jobs/words.h"

namespace nightshift::jobs {
namespace {

// One expectation with what was seen of it.
struct Standing {
    const Expectation* expectation = nullptr;
    std::vector<const Evidence*> paths;
    Outcome outcome = Outcome::kUnknown;
    bool is_proven = false;  // holds by the word of somebody other than the claimant
};

std::string said(const Evidence& evidence) {
    return fmt::format("{}: {}", evidence.observer.empty() ? evidence.kind : evidence.observer,
                       evidence.observed);
}

std::string said(const Standing& standing) {
    std::string out = standing.expectation->name;
    const char* separator = " (";
    for (const Evidence* path : standing.paths) {
        if (path->outcome == Outcome::kHolds) continue;
        out += separator + said(*path);
        separator = "; ";
    }
    return separator[0] == ';' ? out + ")" : out + " (nothing was observed)";
}

std::string list(const std::vector<const Standing*>& standings) {
    std::string out;
    for (const Standing* each : standings) out += (out.empty() ? "" : ", ") + said(*each);
    return out;
}

// Intended silence: it ran, and had nothing to say.
bool is_silent(const Case& work) {
    return work.execution && work.execution->succeeded() && work.execution->was_silent;
}

bool is_about_delivery(const Standing& standing) {
    return !standing.paths.empty() &&
           std::all_of(standing.paths.begin(), standing.paths.end(),
                       [](const Evidence* path) { return path->kind == "delivery"; });
}

std::vector<Standing> standings_of(const Case& work) {
    std::vector<Standing> all;
    for (const Expectation& expectation : work.job.expectations) {
        Standing standing{&expectation, {}, Outcome::kUnknown, false};
        for (const Evidence& each : work.evidence) {
            if (each.expectation == expectation.name) standing.paths.push_back(&each);
        }
        standing.outcome = outcome_of(standing.paths);
        standing.is_proven =
            std::any_of(standing.paths.begin(), standing.paths.end(), [](const Evidence* path) {
                return path->outcome == Outcome::kHolds && !path->is_claimants_word;
            });
        // Intended silence sends nothing, so nothing can have been delivered.
        bool is_waived = is_silent(work) && is_about_delivery(standing);
        if (!is_waived) all.push_back(std::move(standing));
    }
    return all;
}

struct Sorted {
    std::vector<const Standing*> failing;   // blocking
    std::vector<const Standing*> unknown;   // blocking
    std::vector<const Standing*> degraded;  // failing or unknown
    bool is_proven = false;                 // something of weight holds by another's word
    bool has_unproven_blocking = false;     // holds by the claimant's word alone
    std::string proof;
};

Sorted sort(const std::vector<Standing>& standings) {
    Sorted sorted;
    for (const Standing& each : standings) {
        Impact impact = each.expectation->impact;
        if (impact == Impact::kEnhancement) continue;
        // That something arrived proves the delivery, not the work, unless the delivery is the work.
        bool is_about_work = impact == Impact::kBlocking || !is_about_delivery(each);
        if (each.is_proven && is_about_work) {
            sorted.is_proven = true;
            sorted.proof += (sorted.proof.empty() ? "" : ", ") + each.expectation->name;
        }
        if (impact == Impact::kDegraded && each.outcome != Outcome::kHolds) sorted.degraded.push_back(&each);
        if (impact != Impact::kBlocking) continue;
        if (each.outcome == Outcome::kFails) sorted.failing.push_back(&each);
        if (each.outcome == Outcome::kUnknown) sorted.unknown.push_back(&each);
        if (each.outcome == Outcome::kHolds && !each.is_proven) sorted.has_unproven_blocking = true;
    }
    return sorted;
}

std::string ending_of(const Execution& execution) {
    if (!execution.error.empty()) return execution.error;
    if (execution.timed_out) return "it was stopped at its timeout";
    if (execution.lost) return "how it ended is not known";
    if (execution.signal != 0) return fmt::format("it was killed by signal {}", execution.signal);
    if (execution.exit_code) return fmt::format("exit {}", *execution.exit_code);
    return "it ended";
}

// Who says that the work was done; empty: nobody does.
std::string claim_of(const Case& work) {
    for (const Claim& claim : work.claims) {
        if (claim.says_done.value_or(false)) return fmt::format("{} says done", claim.by);
    }
    if (work.execution && work.execution->succeeded()) return ending_of(*work.execution);
    return "";
}

void warn(std::string& warning, const std::string& text) {
    warning += (warning.empty() ? "" : "; ") + text;
}

Judgment verified(const Case& work, const Sorted& sorted) {
    Judgment judgment{Verdict::kVerified, fmt::format("proven by {}", sorted.proof), ""};
    if (!work.execution) warn(judgment.warning, "no word came from the work itself");
    if (work.execution && !work.execution->succeeded())
        warn(judgment.warning, ending_of(*work.execution) + ", though the evidence is in place");
    if (!sorted.degraded.empty()) warn(judgment.warning, "worse than promised: " + list(sorted.degraded));
    Time ended = work.execution ? work.execution->ended : work.now;
    if (work.job.deadline.count() > 0 && ended > work.nominal + work.job.deadline) {
        judgment.verdict = Verdict::kLate;
        judgment.why = fmt::format("done at {}, due by {}; {}", words(ended),
                                   words(work.nominal + work.job.deadline), judgment.why);
    }
    return judgment;
}

Judgment without_word(const Case& work, const Sorted& sorted) {
    std::string silence = fmt::format("no word came by {}", words(work.nominal + work.job.grace));
    if (!sorted.failing.empty()) return {Verdict::kMissed, silence + ", and " + list(sorted.failing), ""};
    if (!sorted.unknown.empty())
        return {Verdict::kUnverified, silence + ", and could not observe " + list(sorted.unknown), ""};
    return {Verdict::kMissed, silence, ""};
}

}  // namespace

Outcome outcome_of(const std::vector<const Evidence*>& paths) {
    bool is_unknown = paths.empty();
    for (const Evidence* path : paths) {
        if (path->outcome == Outcome::kHolds) return Outcome::kHolds;
        is_unknown = is_unknown || path->outcome == Outcome::kUnknown;
    }
    return is_unknown ? Outcome::kUnknown : Outcome::kFails;
}

Judgment judge(const Case& work) {
    std::vector<Standing> standings = standings_of(work);
    Sorted sorted = sort(standings);
    bool all_blocking_hold = sorted.failing.empty() && sorted.unknown.empty();
    bool succeeded = work.execution && work.execution->succeeded();
    if (all_blocking_hold && is_silent(work))
        return {Verdict::kSilentOk, "it ran, and had nothing to say", ""};
    if (all_blocking_hold && sorted.is_proven) return verified(work, sorted);
    if (!work.execution && work.claims.empty()) return without_word(work, sorted);
    std::string claim = claim_of(work);
    if (!sorted.failing.empty()) {
        if (!claim.empty()) return {Verdict::kContradicted, claim + ", but " + list(sorted.failing), ""};
        std::string ending = work.execution ? ending_of(*work.execution) + "; " : "";
        return {Verdict::kFailed, ending + list(sorted.failing), ""};
    }
    if (work.execution && !succeeded && !work.execution->lost)
        return {Verdict::kFailed, ending_of(*work.execution), ""};
    if (!sorted.unknown.empty())
        return {Verdict::kUnverified, "could not observe " + list(sorted.unknown), ""};
    if (work.execution && work.execution->lost) return {Verdict::kUnverified, ending_of(*work.execution), ""};
    if (sorted.has_unproven_blocking) {
        return {Verdict::kUnverified, claim + "; everything expected holds by the work's own word alone", ""};
    }
    return {Verdict::kUnverified, claim + "; nothing but the work itself says so", ""};
}

}  // namespace nightshift::jobs
