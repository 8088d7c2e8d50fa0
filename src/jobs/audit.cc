#include "jobs/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "jobs/words.h"

namespace nightshift::jobs {

uint64_t Totals::decided() const {
    return std::accumulate(verdicts.begin(), verdicts.end(), uint64_t{0});
}

Totals& Totals::operator+=(const Totals& other) {
    planned += other.planned;
    in_flight += other.in_flight;
    for (size_t i = 0; i < kVerdictCount; ++i) verdicts[i] += other.verdicts[i];
    return *this;
}

std::vector<Discrepancy> audit_totals(const std::string& job, const Totals& totals) {
    if (totals.planned == totals.decided() + totals.in_flight) return {};
    return {{job, fmt::format("{} planned, but {} with a verdict and {} in flight", totals.planned,
                              totals.decided(), totals.in_flight)}};
}

std::vector<Discrepancy> audit_plan(const std::string& job, const std::vector<Time>& scheduled,
                                    const std::vector<Time>& in_ledger) {
    std::vector<Time> missing;
    std::set_difference(scheduled.begin(), scheduled.end(), in_ledger.begin(), in_ledger.end(),
                        std::back_inserter(missing));
    std::vector<Discrepancy> found;
    for (Time each : missing)
        found.push_back({job, fmt::format("{} is due and not in the ledger", words(each))});
    return found;
}

}  // namespace nightshift::jobs
