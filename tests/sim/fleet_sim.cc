// Thousands of generated sessions through the fleet: how many loops are found, how soon, and how often it is
// wrong.
//
//   fleet_sim [seeds]     default 1000; every kind of history is run with each seed

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "fleet/test_simulation.h"

namespace {

using nightshift::fleet::History;
using nightshift::fleet::Outcome;

constexpr double kFalseRateMax = 0.001;
constexpr double kFoundRateMin = 0.995;

struct Tally {
    uint64_t sessions = 0;
    uint64_t detected = 0;
    uint64_t stalled = 0;
    uint64_t repetitions = 0;
    int repetitions_max = 0;
    uint64_t first_seed = 0;  // of the first wrong judgement, to run again
};

Tally run(const History& history, uint64_t seeds) {
    Tally tally;
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        const Outcome outcome = nightshift::fleet::simulate(history, seed);
        ++tally.sessions;
        tally.stalled += outcome.was_stalled ? 1 : 0;
        if (outcome.was_detected != history.is_loop && tally.first_seed == 0) tally.first_seed = seed;
        if (!outcome.was_detected) continue;
        ++tally.detected;
        tally.repetitions += static_cast<uint64_t>(outcome.repetitions);
        tally.repetitions_max = std::max(tally.repetitions_max, outcome.repetitions);
    }
    return tally;
}

}  // namespace

int main(int argc, char** argv) {
    const uint64_t seeds = argc > 1 ? nightshift::parse_uint(argv[1]).value_or(0) : 1000;
    if (seeds == 0) {
        std::fputs("usage: fleet_sim [seeds]\n", stderr);
        return 2;
    }
    bool is_good = true;
    std::printf("%-20s %8s %9s %8s %10s %5s  %s\n", "history", "sessions", "detected", "stalled", "mean reps",
                "max", "seed");
    for (const History& history : nightshift::fleet::all_histories()) {
        const Tally tally = run(history, seeds);
        const auto sessions = static_cast<double>(tally.sessions);
        const auto detected = static_cast<double>(tally.detected);
        const double mean = tally.detected == 0 ? 0 : static_cast<double>(tally.repetitions) / detected;
        std::printf("%-20s %8llu %8.3f%% %8llu %10.1f %5d  %s\n", std::string(history.name).c_str(),
                    static_cast<unsigned long long>(tally.sessions), 100 * detected / sessions,
                    static_cast<unsigned long long>(tally.stalled), history.is_loop ? mean : 0,
                    history.is_loop ? tally.repetitions_max : 0,
                    tally.first_seed == 0 ? "" : std::to_string(tally.first_seed).c_str());
        is_good &=
            history.is_loop ? detected >= kFoundRateMin * sessions : detected <= kFalseRateMax * sessions;
        is_good &= static_cast<double>(tally.stalled) <= kFalseRateMax * sessions;
    }
    return is_good ? 0 : 1;
}
