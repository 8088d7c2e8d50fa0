// How late work starts after its durable claim, and how fast the ledger answers when it is long.
//
//   jobs_bench herd 10000      so many jobs due in one second
//   jobs_bench spread 10000    the same over a minute
//   jobs_bench ledger 1000000  so many past occurrences: a job's page and the list of runs
//
// The ledger is a real file on this disk; the work itself is a function call, as in the peers.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "io/loop.h"
#include "io/pool.h"
#include "jobs/service.h"
#include "jobs/store.h"

using namespace nightshift;
using std::chrono::minutes;

namespace {

// A folder that is gone at the end.
class Folder {
public:
    Folder() { std::filesystem::create_directories(path_); }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::filesystem::path file() const { return path_ / "state.db"; }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_ =
        std::filesystem::current_path() / ("jobs_bench_" + base64url_encode(random_bytes(6)));
};

double at(const std::vector<double>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

jobs::JobPtr job_due(size_t number, Time due, jobs::Zones& zones) {
    auto job = std::make_shared<jobs::Job>();
    job->name = fmt::format("job{}", number);
    job->revision = "1";
    job->is_from_config = true;
    jobs::ScheduleSpec spec;
    spec.every = std::chrono::hours(24);
    spec.anchor = due;
    job->schedule = *jobs::Schedule::parse(spec, zones);
    job->action = jobs::AgentAction{};
    return job;
}

int start_late(const std::string& kind, size_t count) {
    Folder folder;
    SystemClock clock;
    io::Loop loop("bench");
    io::Pool pool(2, 100'000);
    jobs::Zones zones;
    auto writer = store::Writer::open(folder.file(), jobs::migrate_jobs);
    store::Readers readers(folder.file());
    // Time enough to write the plan of all of them before the first is due.
    Time first = std::chrono::ceil<seconds>(clock.now()) + seconds(15);
    std::vector<jobs::JobPtr> all;
    for (size_t i = 0; i < count; ++i) {
        Time due = kind == "herd" ? first : first + milliseconds(60'000 * i / count);
        all.push_back(job_due(i, due, zones));
    }
    std::mutex mutex;
    std::vector<double> late_ms;
    jobs::Service::Options options;
    options.folder = folder.path() / "runs";
    options.engine.runs_max = 0;
    options.run_elsewhere = [&](jobs::StartRun run,
                                const std::filesystem::path&) -> Task<std::optional<jobs::Execution>> {
        Time now = clock.now();
        {
            std::lock_guard lock(mutex);
            late_ms.push_back(static_cast<double>((now - run.key.nominal).count()) / 1000);
        }
        jobs::Execution execution;
        execution.started = execution.ended = now;
        co_return execution;
    };
    auto service = jobs::Service::open({loop, pool, **writer, readers, clock, zones}, std::move(options),
                                       std::move(all));
    if (!service || !(*service)->start()) return 1;
    std::this_thread::sleep_until(std::chrono::system_clock::time_point(first) +
                                  (kind == "herd" ? seconds(10) : seconds(65)));
    (*service)->stop();
    std::sort(late_ms.begin(), late_ms.end());
    fmt::print("{}\t{}\t{}\t{:.1f}\t{:.1f}\t{:.1f}\n", kind, count, late_ms.size(), at(late_ms, 0.5),
               at(late_ms, 0.99), at(late_ms, 1));
    return late_ms.size() == count ? 0 : 1;
}

// `count` decided occurrences of ten jobs, then what the pages ask.
int ask_ledger(size_t count) {
    Folder folder;
    auto db = store::Database::open(folder.file());
    if (!db || !jobs::migrate_jobs(*db)) return 1;
    Time start = Time(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1));
    auto transaction = store::Transaction::begin(*db);
    for (int i = 0; i < 10; ++i) {
        jobs::JobRecord record{.tenant = "default", .name = fmt::format("job{}", i), .revision = "1"};
        std::ignore = jobs::upsert_job(*db, record, start);
    }
    for (size_t i = 0; i < count; i += 1000) {
        jobs::Plan plan;
        plan.tenant = "default";
        plan.job = fmt::format("job{}", i / 1000 % 10);
        plan.revision = "1";
        for (size_t k = 0; k < 1000; ++k) {
            jobs::Occurrence occurrence;
            occurrence.key = {plan.tenant, plan.job, start + seconds(i + k)};
            occurrence.start = occurrence.key.nominal;
            occurrence.phase = jobs::Phase::kDone;
            occurrence.verdict = k % 50 == 0 ? jobs::Verdict::kMissed : jobs::Verdict::kVerified;
            occurrence.why = "proven by the file it left";
            plan.occurrences.push_back(std::move(occurrence));
        }
        if (!jobs::apply(*db, plan, {})) return 1;
    }
    std::ignore = transaction->commit();
    auto measure = [&](const char* what, auto ask) {
        std::vector<double> times;
        for (int i = 0; i < 101; ++i) {
            auto begin = std::chrono::steady_clock::now();
            if (!ask()) std::exit(1);
            times.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
        }
        std::sort(times.begin(), times.end());
        fmt::print("{}\t{}\t{:.2f}\t{:.2f}\n", what, count, at(times, 0.5), at(times, 0.99));
    };
    measure("job page", [&] {
        return jobs::find_occurrences(*db, {.tenant = "default", .job = "job3", .limit = 60}).has_value();
    });
    measure("runs of all jobs",
            [&] { return jobs::find_occurrences(*db, {.tenant = "default", .limit = 50}).has_value(); });
    measure("missed runs", [&] {
        return jobs::find_occurrences(*db,
                                      {.tenant = "default", .verdict = jobs::Verdict::kMissed, .limit = 50})
            .has_value();
    });
    measure("missed runs of a job", [&] {
        return jobs::find_occurrences(
                   *db, {.tenant = "default", .job = "job3", .verdict = jobs::Verdict::kMissed, .limit = 50})
            .has_value();
    });
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string what = argc > 1 ? argv[1] : "";
    size_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000;
    if (what == "ledger") return ask_ledger(count);
    if (what == "herd" || what == "spread") return start_late(what, count);
    fmt::print(stderr, "usage: jobs_bench herd|spread|ledger COUNT\n");
    return 2;
}
