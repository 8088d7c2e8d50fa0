// Next planned times a CPU second, for each line of workload.tsv: "chain" asks for the one after the last
// answer, as a scheduler does, "random" for the one after any time of ten years. Prints name, mode and rate,
// divided by tabs.

#include <fmt/core.h>

#include <array>
#include <ctime>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "jobs/schedule/schedule.h"

namespace nightshift::jobs {
namespace {

constexpr int64_t kStart = 1'767'225'600;  // 2026-01-01
constexpr int64_t kTenYears = 10 * 366 * 86'400ll;
constexpr double kDuration = 0.3;
constexpr size_t kTimes = 4096;

// CPU seconds of this thread: other work on the machine hardly moves them.
double cpu_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Calls `ask` in rounds of kTimes until the time is over.
template <class Ask>
double rate_of(Ask ask) {
    uint64_t calls = 0;
    const double start = cpu_time();
    double now = start;
    while (now - start < kDuration) {
        for (size_t i = 0; i < kTimes; ++i) ask(i);
        calls += kTimes;
        now = cpu_time();
    }
    return static_cast<double>(calls) / (now - start);
}

void measure(std::string_view name, const Schedule& schedule) {
    Random random(1);
    std::array<Time, kTimes> times;
    for (Time& time : times)
        time = from_unix_ms((kStart + static_cast<int64_t>(random.below(kTenYears))) * 1000);
    int64_t sum = 0;  // keeps the calls alive
    const double random_rate = rate_of([&](size_t i) { sum += unix_us(schedule.next(times[i])->nominal); });
    Time time = from_unix_ms(kStart * 1000);
    const double chain_rate = rate_of([&](size_t) {
        const std::optional<Planned> planned = schedule.next(time);
        time = planned ? planned->nominal : from_unix_ms(kStart * 1000);
    });
    if (sum == 0) fmt::print(stderr, "nothing was planned\n");
    fmt::print("{}\tchain\t{:.0f}\n{}\trandom\t{:.0f}\n", name, chain_rate, name, random_rate);
}

int run(const char* path) {
    const Result<std::string> workload = read_file(path);
    if (!workload) {
        fmt::print(stderr, "{}\n", workload.error().message);
        return 1;
    }
    Zones zones;
    for (const std::string_view line : split(*workload, '\n')) {
        const std::vector<std::string_view> cells = split(line, '\t');
        if (cells.size() != 3) continue;
        ScheduleSpec spec;
        spec.cron = std::string(cells[1]);
        spec.zone = std::string(cells[2]);
        const Result<Schedule> schedule = Schedule::parse(spec, zones);
        if (!schedule) {
            fmt::print(stderr, "{}\n", schedule.error().message);
            return 1;
        }
        measure(cells[0], *schedule);
    }
    return 0;
}

}  // namespace
}  // namespace nightshift::jobs

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: schedule_bench workload.tsv\n");
        return 2;
    }
    return nightshift::jobs::run(argv[1]);
}
