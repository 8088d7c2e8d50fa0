#include "jobs/admit.h"

#include <fmt/format.h>

namespace nightshift::jobs {
namespace {

using Kind = Admission::Kind;

Admission overlapping(const Job& job, const Surroundings& around) {
    switch (job.overlap) {
        case Overlap::kAllow:
            return {Kind::kStart, ""};
        case Overlap::kReplace:
            return {Kind::kReplace, "replaces the one that runs"};
        case Overlap::kSkip:
            return {Kind::kSkip,
                    fmt::format("the one of {} still runs, and overlap is skip", around.running_since)};
        case Overlap::kQueue:
            if (around.job_queued > 0)
                return {Kind::kSkip, "one runs and one is queued already, and overlap is queue"};
            return {Kind::kWait, fmt::format("waits for the one of {} to end", around.running_since)};
    }
    return {Kind::kStart, ""};
}

}  // namespace

Admission admit(const Job& job, const Surroundings& around) {
    if (around.is_paused) return {Kind::kSkip, fmt::format("the job is paused: {}", around.paused_why)};
    if (around.job_in_flight > 0) {
        Admission admission = overlapping(job, around);
        if (admission.kind != Kind::kStart) return admission;
    }
    if (job.concurrency_max > 0 && around.group_in_flight >= job.concurrency_max) {
        return {Kind::kWait,
                fmt::format("{} of group {} run already", around.group_in_flight, job.concurrency_group)};
    }
    if (around.is_catch_up && around.is_catch_up_budget_spent)
        return {Kind::kSkip, "the budget for catching up after this gap is spent"};
    if (around.is_catch_up && around.catch_ups_in_flight >= around.catch_ups_max)
        return {Kind::kWait,
                fmt::format("{} are being caught up at once already", around.catch_ups_in_flight)};
    if (around.runs_max > 0 && around.runs_in_flight >= around.runs_max)
        return {Kind::kWait, fmt::format("{} runs are in flight already", around.runs_in_flight)};
    return {Kind::kStart, ""};
}

}  // namespace nightshift::jobs
