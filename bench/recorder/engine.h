#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace nightshift::bench {

// What loading cost, without the time the generator takes.
struct Load {
    double wall_s = 0;
    double cpu_s = 0;
    uint64_t bytes = 0;
};

// One query of one engine.
struct Measured {
    double cpu_ms = 0;   // median of the runs, all threads
    double wall_ms = 0;  // best
    uint64_t rows = 0;
    bool from_rollup = false;
};

inline double clock_s(clockid_t which) {
    timespec now{};
    clock_gettime(which, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
inline double cpu_s() {
    return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}
inline double wall_s() {
    return clock_s(CLOCK_MONOTONIC);
}

// The ten dashboard queries, by number.
inline constexpr int kQueries = 10;
inline constexpr const char* kQueryNames[kQueries] = {
    "Q1  tokens by agent, last hour",
    "Q2  p50 p95 p99 by tool and hour, 7 days",
    "Q2a the same, approximate",
    "Q3  error rate by agent, 24 h",
    "Q3b the same, 7 days",
    "Q4  one session's timeline",
    "Q5  text search in one agent, 24 h",
    "Q6  text search in everything",
    "Q7  cost by model and day, 7 days",
    "Q8  the latest 50 errors",
};

// Runs `query`, which returns the rows it got, some times.
template <class Query>
Measured measure(Query query) {
    constexpr int kRuns = 5;
    std::vector<double> cpu;
    Measured measured;
    measured.wall_ms = 1e18;
    for (int run = 0; run < kRuns; ++run) {
        double cpu_start = cpu_s();
        double wall_start = wall_s();
        measured.rows = query();
        double wall_ms = (wall_s() - wall_start) * 1e3;
        cpu.push_back((cpu_s() - cpu_start) * 1e3);
        if (wall_ms < measured.wall_ms) measured.wall_ms = wall_ms;
    }
    for (size_t i = 1; i < cpu.size(); ++i) {
        for (size_t j = i; j > 0 && cpu[j] < cpu[j - 1]; --j) std::swap(cpu[j], cpu[j - 1]);
    }
    measured.cpu_ms = cpu[cpu.size() / 2];
    return measured;
}

}  // namespace nightshift::bench
