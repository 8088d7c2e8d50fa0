#include <boost/json.hpp>
#include <cstdlib>

#include "jobs/schedule/schedule.h"
#include "world.h"

namespace nightshift::jobs::sim {
namespace {

struct Looks {
    const char* cron;
    const char* zone = "UTC";
};

// What the world looks at when it is asked: the world itself answers for it.
class Artefact final : public EvidenceSource {
public:
    std::string_view kind() const override { return "file"; }
    std::string describe() const override { return "the artefact is there"; }
    Task<Observation> collect(const Work&, const Instruments&) const override { co_return Observation{}; }
};

Expectation expectation(std::string name, Impact impact, std::chrono::seconds within) {
    Expectation out;
    out.name = std::move(name);
    out.impact = impact;
    out.within = within;
    out.any_of.push_back(std::make_shared<Artefact>());
    return out;
}

std::shared_ptr<Job> job(std::string name, const Looks& when) {
    auto out = std::make_shared<Job>();
    out->name = std::move(name);
    out->revision = "1";
    ScheduleSpec spec;
    spec.cron = when.cron;
    spec.zone = when.zone;
    auto schedule = Schedule::parse(spec);
    if (!schedule) std::abort();
    out->schedule = *schedule;
    out->action = Command{};
    out->timeout = std::chrono::seconds(600);
    out->expectations.push_back(expectation("two paths", Impact::kBlocking, std::chrono::seconds(0)));
    out->expectations.push_back(expectation("log", Impact::kEnhancement, std::chrono::seconds(0)));
    return out;
}

}  // namespace

std::vector<JobPtr> realistic_jobs() {
    std::vector<JobPtr> jobs;
    auto morning = job("morning", {"0 7 * * *", "Europe/Berlin"});
    morning->retries = {.max = 2};
    morning->deliveries.push_back({.channel = "telegram"});
    morning->catch_up = CatchUp::kAll;
    jobs.push_back(morning);
    auto night =
        job("night", {"30 2 * * *", "Europe/Berlin"});  // in the gap of March and the fold of October
    night->deadline = std::chrono::hours(1);
    jobs.push_back(night);
    auto hourly = job("hourly", {"0 * * * *", "America/New_York"});
    hourly->deliveries.push_back({.channel = "slack"});
    jobs.push_back(hourly);
    auto quarters = job("quarters", {"*/15 8-18 * * mon-fri", "Australia/Lord_Howe"});
    quarters->catch_up = CatchUp::kSkip;
    quarters->concurrency_group = "shared";
    quarters->concurrency_max = 1;
    jobs.push_back(quarters);
    auto grouped = job("grouped", {"*/30 * * * *"});
    grouped->concurrency_group = "shared";
    grouped->concurrency_max = 1;
    grouped->expectations.front().within = std::chrono::seconds(120);
    jobs.push_back(grouped);
    auto slow = job("long", {"*/20 * * * *"});
    slow->overlap = Overlap::kQueue;
    slow->timeout = std::chrono::seconds(1800);
    jobs.push_back(slow);
    auto replaced = job("replaced", {"10,11 */2 * * *"});
    replaced->overlap = Overlap::kReplace;
    jobs.push_back(replaced);
    auto together = job("together", {"5,6 */3 * * *"});
    together->overlap = Overlap::kAllow;
    together->catch_up = CatchUp::kAll;
    jobs.push_back(together);
    auto blind = job("one path", {"40 */2 * * *"});
    blind->expectations.front().name = "api";
    blind->retries = {.max = 1};
    jobs.push_back(blind);
    auto bare = job("bare", {"50 */4 * * *"});
    bare->expectations.clear();
    jobs.push_back(bare);
    auto watched = job("watched", {"*/30 * * * *"});
    watched->action = WatchAction{};
    watched->grace = std::chrono::seconds(600);
    jobs.push_back(watched);
    return jobs;
}

}  // namespace nightshift::jobs::sim
