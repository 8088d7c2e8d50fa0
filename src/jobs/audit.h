#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "jobs/types.h"

namespace nightshift::jobs {

constexpr size_t kVerdictCount = 8;

// How many occurrences of a job there were, and what became of them.
struct Totals {
    uint64_t planned = 0;
    uint64_t in_flight = 0;
    std::array<uint64_t, kVerdictCount> verdicts{};  // by Verdict

    uint64_t& operator[](Verdict verdict) { return verdicts[static_cast<size_t>(verdict)]; }
    uint64_t operator[](Verdict verdict) const { return verdicts[static_cast<size_t>(verdict)]; }
    uint64_t decided() const;
    Totals& operator+=(const Totals& other);
    bool operator==(const Totals&) const = default;
};

// One thing that does not add up.
struct Discrepancy {
    std::string job;
    std::string what;
};

// The identity: planned = every verdict + in flight. Holds at every commit, or something was lost or doubled.
std::vector<Discrepancy> audit_totals(const std::string& job, const Totals& totals);

// The plan against the schedule: every nominal time has its row. Both sorted.
std::vector<Discrepancy> audit_plan(const std::string& job, const std::vector<Time>& scheduled,
                                    const std::vector<Time>& in_ledger);

}  // namespace nightshift::jobs
