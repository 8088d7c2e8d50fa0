#include <fmt/format.h>

#include <algorithm>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "run records";

// "11 of the last 12 runs verified, newest 8 min ago".
std::string tally(const JobFacts& job, const RunFact& newest, Time now) {
    uint64_t good = 0;
    uint64_t decided = 0;
    for (const RunFact& run : job.runs) {
        if (run.verdict.empty() || run.verdict == "skipped") continue;
        ++decided;
        if (is_good_verdict(run.verdict)) ++good;
    }
    return fmt::format("{} of the last {} verified, newest {}", good, count(decided, "run"),
                       ago(end_of(newest), now));
}

std::string why_of(const RunFact& run) {
    return run.why.empty() ? "" : ": " + run.why;
}

Check without_decision(const Facts& facts, const JobFacts& job) {
    if (job.is_paused)
        return found(kName, Finding::kSuspicious, fmt::format("{} is paused: {}", job.job, job.paused_why));
    if (work_of(facts) == Work::kNotDone)
        return found(kName, Finding::kBad,
                     fmt::format("{} was due by {}, and no run has ended", job.job, words(*job.deadline)));
    return found(kName, Finding::kUnknown, fmt::format("no run of {} has a verdict yet", job.job));
}

}  // namespace

Check check_runs(const Facts& facts) {
    const JobFacts* job = known_job(facts);
    Work work = work_of(facts);
    if (work == Work::kNothing) return found(kName, Finding::kNothing, "no job belongs to it");
    if (job == nullptr) return not_gathered(kName, "the run records");
    const RunFact* run = newest_decided(*job);
    if (run == nullptr) return without_decision(facts, *job);
    std::vector<std::string> evidence{"run:" + run->id};
    std::string numbers = tally(*job, *run, facts.at);
    if (work == Work::kProven) {
        if (!run->warning.empty()) numbers += "; warning: " + run->warning;
        return found(kName, Finding::kGood, numbers, std::move(evidence));
    }
    if (is_bad_verdict(run->verdict))
        return found(kName, Finding::kBad,
                     fmt::format("the newest run is {}{}; {}", run->verdict, why_of(*run), numbers),
                     std::move(evidence));
    if (work == Work::kNotDone)
        return found(kName, Finding::kBad,
                     fmt::format("due by {}, and nothing verifies it; {}", words(*job->deadline), numbers),
                     std::move(evidence));
    if (!is_good_verdict(run->verdict))
        return found(kName, Finding::kUnknown,
                     fmt::format("the newest run is {}{}; {}", run->verdict, why_of(*run), numbers),
                     std::move(evidence));
    std::string pause = job->is_paused ? "; it is paused: " + job->paused_why : "";
    return found(kName, Finding::kSuspicious, numbers + ", and none since it began" + pause,
                 std::move(evidence));
}

}  // namespace nightshift::incidents
