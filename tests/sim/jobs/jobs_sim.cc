// 497 simulated hours of scheduled work for each seed, with crashes, clock jumps, a slow disk, dead channels
// and an API that turns 404. jobs_sim [seeds] [first seed] exits 1, and prints the seed, when a promise is
// broken.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

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

// Everything one thread lived through; the first broken promise ends all of them.
class Lives {
public:
    Lives(uint64_t first, uint64_t end) : next_(first), end_(end) {}

    void run() {
        for (uint64_t seed = next_++; seed < end_ && !is_broken_; seed = next_++) live(seed);
    }
    bool is_broken() const { return is_broken_; }
    const jobs::sim::World::Counts& sum() const { return sum_; }

private:
    void live(uint64_t seed) {
        // Each seed begins somewhere in the year, so that some live through a change of the clocks.
        Random random(seed);
        Time start = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) +
                     std::chrono::hours(random.below(365 * 24));
        jobs::sim::World world(seed, jobs::sim::realistic_jobs(), start);
        std::string problem = world.live(std::chrono::hours(497));
        std::lock_guard lock(mutex_);
        if (!problem.empty()) {
            fmt::print("seed {}: {}\n", seed, problem);
            is_broken_ = true;
        }
        auto counts = world.counts();
        sum_.occurrences += counts.occurrences;
        sum_.runs += counts.runs;
        sum_.crashes += counts.crashes;
        sum_.adopted += counts.adopted;
        sum_.clock_jumps += counts.clock_jumps;
        sum_.deliveries += counts.deliveries;
        sum_.totals += counts.totals;
    }

    std::atomic<uint64_t> next_;
    uint64_t end_;
    std::atomic<bool> is_broken_ = false;
    std::mutex mutex_;
    jobs::sim::World::Counts sum_;
};

}  // namespace

int main(int argc, char** argv) {
    uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200;
    uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    Lives lives(first, first + seeds);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
        threads.emplace_back([&lives] { lives.run(); });
    for (std::thread& thread : threads) thread.join();
    if (lives.is_broken()) return 1;
    print(seeds, lives.sum());
}
