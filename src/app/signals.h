#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "alerts/service.h"
#include "api/system.h"
#include "app/config.h"
#include "base/clock.h"
#include "delivery/service.h"
#include "fleet/service.h"
#include "gateway/gateway.h"
#include "health/service.h"
#include "jobs/service.h"

namespace nightshift::app {

// The newest finished occurrence of every job: what rules about jobs listen to. Any thread.
class JobVerdicts {
public:
    // What the ledger holds. Blocking.
    void load(jobs::Service& jobs, const std::vector<jobs::JobPtr>& all, Time now);
    void take(const jobs::Occurrence& occurrence);
    // These are the jobs now; others are forgotten.
    void keep(const std::vector<jobs::JobPtr>& all);
    std::vector<alerts::Signal> signals(Time now) const;

private:
    struct Last {
        jobs::Occurrence occurrence;
        uint32_t bad_in_a_row = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Last> last_;  // by tenant and job
};

// One occurrence as a signal; nothing while it has no verdict.
std::optional<alerts::Signal> signal_of(const jobs::Occurrence& occurrence, uint32_t bad_in_a_row, Time now);

// The verdicts of a stretch of time, for trying a rule on them.
class JobHistory {
public:
    // Blocking; at most kRowsMax occurrences.
    static Result<JobHistory> read(jobs::Service& jobs, const std::string& tenant, Time from, Time to);
    // As JobVerdicts would have told it at that time; times must not go backwards.
    std::vector<alerts::Signal> signals(Time at);

private:
    static constexpr size_t kRowsMax = 50'000;
    std::vector<jobs::Occurrence> rows_;  // by the time of their verdict
    size_t next_ = 0;
    std::unique_ptr<JobVerdicts> verdicts_ = std::make_unique<JobVerdicts>();
};

// How the probes are. Pure.
std::vector<alerts::Signal> probe_signals(const std::vector<health::ProbeView>& probes);

// Gathers what is known now from every room, for the rules. Everything must outlive it.
struct SignalSources {
    const Clock& clock;
    const fleet::Service& fleet;
    std::function<gateway::Gateway*()> gateway;  // null: there is none
    delivery::Service& deliveries;
    const JobVerdicts& verdicts;
    std::filesystem::path data;
    std::function<std::vector<std::string>()> tenants;
    std::function<std::vector<api::Failing>()> failing;
    const health::Service& probes;
};
Task<std::vector<alerts::Observation>> gather_signals(SignalSources sources);

}  // namespace nightshift::app
