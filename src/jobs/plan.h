#pragma once

#include <vector>

#include "jobs/job.h"
#include "jobs/occurrence.h"

namespace nightshift::jobs {

// At most this many planned times are walked in one step, so that a gap of years never stops the loop: the
// rest follows in the next step.
constexpr size_t kPlanStepsMax = 20'000;
// More missed occurrences than this in one step are counted instead of written one by one.
constexpr size_t kMissedRowsMax = 500;
// A start within this of its time is on time: no policy asks about it.
constexpr std::chrono::seconds kOnTime{60};

struct PlanRequest {
    const Job& job;
    Time planned_until;  // everything up to here is in the ledger
    Time now;
    std::chrono::seconds horizon{120};  // the ledger reaches beyond it: one occurrence ahead at least
};

// What is to be written ahead, from where the ledger ends: no planned instant ever goes by without a row (or
// a count). Times too old to be caught up come as missed at once. An empty plan: nothing to do.
Plan plan_ahead(const PlanRequest& request);

// What becomes of an overdue occurrence.
struct Overdue {
    OccurrenceKey key;
    bool runs = false;
    std::string why;  // "missed: …" when it does not run; what it makes up for when it does
};

// Applies the job's catch-up policy to its occurrences whose time went by unseen (oldest first): skip, once
// (the newest, for all) or all (oldest first, at most catch_up_max). Never more than catch_up_max_lateness
// late.
std::vector<Overdue> catch_up(const Job& job, const std::vector<Occurrence>& overdue, Time now);

}  // namespace nightshift::jobs
