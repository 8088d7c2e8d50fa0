#include "jobs/plan.h"

#include <fmt/format.h>

#include "jobs/words.h"

namespace nightshift::jobs {
namespace {

Occurrence planned(const Job& job, const Planned& when) {
    Occurrence occurrence;
    occurrence.key = {job.tenant, job.name, when.nominal};
    occurrence.start = job.schedule->start_of(when.nominal, job.name);
    occurrence.note = when.note;
    occurrence.revision = job.revision;
    return occurrence;
}

// Its time went by unseen. Watched work may have run all the same: nobody was here to hear of it.
void mark_unseen(Occurrence& occurrence, const Job& job, Time now, std::string why) {
    occurrence.phase = Phase::kDone;
    occurrence.verdict = job.is_watched() ? Verdict::kUnverified : Verdict::kMissed;
    occurrence.why = job.is_watched() ? "nobody was here to hear of it" : std::move(why);
    occurrence.decided = now;
}

std::string too_old(const Job& job, Time now) {
    return fmt::format("nobody could start it in time, and it was more than {} old when seen at {}",
                       words(job.catch_up_max_lateness), words(now));
}

}  // namespace

Plan plan_ahead(const PlanRequest& request) {
    const Job& job = request.job;
    Plan plan;
    plan.tenant = job.tenant;
    plan.job = job.name;
    plan.revision = job.revision;
    plan.planned_until = request.planned_until;
    if (!job.is_planned_ahead()) return plan;
    Time oldest_to_run = request.now - std::max<microseconds>(job.catch_up_max_lateness, kOnTime);
    std::vector<Occurrence> missed;
    for (size_t step = 0; step < kPlanStepsMax && plan.planned_until <= request.now + request.horizon;
         ++step) {
        auto next = job.schedule->next(plan.planned_until);
        if (!next) break;
        Occurrence occurrence = planned(job, *next);
        plan.planned_until = next->nominal;
        if (occurrence.start >= oldest_to_run) {
            plan.occurrences.push_back(std::move(occurrence));
        } else {
            mark_unseen(occurrence, job, request.now, too_old(job, request.now));
            missed.push_back(std::move(occurrence));
        }
    }
    if (missed.size() > kMissedRowsMax) {
        plan.collapsed = missed.size();
        plan.collapsed_why = too_old(job, request.now);
        plan.collapsed_from = missed.front().key.nominal;
        plan.collapsed_until = missed.back().key.nominal;
    } else {
        plan.occurrences.insert(plan.occurrences.begin(), missed.begin(), missed.end());
    }
    return plan;
}

std::vector<Overdue> catch_up(const Job& job, const std::vector<Occurrence>& overdue, Time now) {
    std::vector<Overdue> decided;
    size_t runnable = 0;
    for (const Occurrence& each : overdue) {
        bool is_late = now - each.start > job.catch_up_max_lateness;
        bool is_skipped = job.catch_up == CatchUp::kSkip && now - each.start > kOnTime;
        std::string why;
        if (is_late) why = too_old(job, now);
        if (is_skipped) {
            why = fmt::format("nobody could start it at {}; seen at {}, and the job catches nothing up",
                              words(each.start), words(now));
        }
        runnable += why.empty() ? 1 : 0;
        decided.push_back({each.key, why.empty(), std::move(why)});
    }
    size_t kept_max = job.catch_up == CatchUp::kAll ? job.catch_up_max : 1;
    // `once` keeps the newest; `all` keeps the oldest first, since each is work of its own.
    size_t dropped = runnable > kept_max ? runnable - kept_max : 0;
    if (job.catch_up == CatchUp::kOnce && runnable > 1) {
        std::string newest;
        for (auto each = decided.rbegin(); each != decided.rend(); ++each) {
            if (!each->runs) continue;
            if (newest.empty()) {
                newest = occurrence_id(each->key);
                each->why = fmt::format("makes up for {} before it", dropped);
            } else {
                each->runs = false;
                each->why = fmt::format("nobody could start it in time; made up for by {}", newest);
            }
        }
        return decided;
    }
    size_t kept = 0;
    for (Overdue& each : decided) {
        if (!each.runs || kept++ < kept_max) continue;
        each.runs = false;
        each.why =
            fmt::format("nobody could start it in time, and {} older ones are caught up already", kept_max);
    }
    return decided;
}

}  // namespace nightshift::jobs
