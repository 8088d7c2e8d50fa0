// 497 simulated hours of scheduled work for each seed, with crashes, clock jumps, a slow disk, dead channels
// and an API that turns 404. jobs_sim [seeds] [first seed] exits 1, and prints the seed, when a promise is
// broken.
#include <fmt/format.h>

#include <cstdlib>

#include "world.h"

using namespace nightshift;

namespace {

void print(uint64_t seeds, const jobs::sim::World::Counts& sum) {
    fmt::print(
        "{} seeds, each 497 hours: {} occurrences, {} runs, {} crashes, {} adopted, {} clock jumps, {} "
        "deliveries\n",
        seeds, sum.occurrences, sum.runs, sum.crashes, sum.adopted, sum.clock_jumps, sum.deliveries);
    fmt::print("planned {}", sum.totals.planned);
    for (size_t i = 0; i < jobs::kVerdictCount; ++i)
        fmt::print(", {} {}", to_string(static_cast<jobs::Verdict>(i)), sum.totals.verdicts[i]);
    fmt::print(", in flight {}\n", sum.totals.in_flight);
}

}  // namespace

int main(int argc, char** argv) {
    uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200;
    uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    jobs::sim::World::Counts sum;
    for (uint64_t seed = first; seed < first + seeds; ++seed) {
        // Each seed begins somewhere in the year, so that some live through a change of the clocks.
        Random random(seed);
        Time start = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) +
                     std::chrono::hours(random.below(365 * 24));
        jobs::sim::World world(seed, jobs::sim::realistic_jobs(), start);
        std::string problem = world.live(std::chrono::hours(497));
        if (!problem.empty()) {
            fmt::print("seed {}: {}\n", seed, problem);
            return 1;
        }
        auto counts = world.counts();
        sum.occurrences += counts.occurrences;
        sum.runs += counts.runs;
        sum.crashes += counts.crashes;
        sum.adopted += counts.adopted;
        sum.clock_jumps += counts.clock_jumps;
        sum.deliveries += counts.deliveries;
        sum.totals += counts.totals;
    }
    print(seeds, sum);
}
