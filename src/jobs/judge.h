#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/job.h"
#include "jobs/occurrence.h"

namespace nightshift::jobs {

// Everything known about one occurrence when its verdict is due.
struct Case {
    const Job& job;
    Time nominal;
    Time now;
    std::optional<Execution> execution;  // none: watched work of which no word came
    std::vector<Claim> claims;
    std::vector<Evidence> evidence;
};

struct Judgment {
    Verdict verdict = Verdict::kUnverified;
    std::string why;
    std::string warning;
};

// The verdict. Only evidence that somebody other than the claimant holds makes work verified; a claim against
// the evidence is contradicted, and says who said what; missing enhancements change nothing.
Judgment judge(const Case& work);

// What the observations about one expectation come to: one path that holds is enough; without one, a path
// that could not be observed keeps it unknown.
Outcome outcome_of(const std::vector<const Evidence*>& paths);

}  // namespace nightshift::jobs
