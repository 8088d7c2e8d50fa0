#pragma once

#include <string>

#include "jobs/job.h"

namespace nightshift::jobs {

// What a due occurrence finds.
struct Surroundings {
    uint32_t job_in_flight = 0;  // other occurrences of the job that are claimed, running or between attempts
    uint32_t job_queued = 0;     // that wait for their turn
    std::string running_since;   // of the oldest in flight, for people
    uint32_t group_in_flight = 0;  // of its concurrency group, over all jobs
    bool is_paused = false;
    std::string paused_why;
    bool is_catch_up = false;
    uint32_t catch_ups_in_flight = 0;
    uint32_t catch_ups_max = 4;
    bool is_catch_up_budget_spent = false;
    uint32_t runs_in_flight = 0;  // of everything
    uint32_t runs_max = 0;
};

struct Admission {
    enum class Kind : uint8_t { kStart, kWait, kSkip, kReplace };
    Kind kind = Kind::kStart;
    std::string why;  // of a wait or a skip
};

// Whether an occurrence whose time has come may start now.
Admission admit(const Job& job, const Surroundings& around);

}  // namespace nightshift::jobs
