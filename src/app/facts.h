#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/system.h"
#include "app/changes.h"
#include "app/fact_uses.h"
#include "app/signals.h"
#include "base/clock.h"
#include "delivery/service.h"
#include "fleet/service.h"
#include "gateway/gateway.h"
#include "health/service.h"
#include "incidents/facts.h"
#include "io/pool.h"
#include "io/task_group.h"
#include "jobs/service.h"
#include "recorder/recorder.h"

namespace nightshift::app {

// What an alert is about, by its labels: the job, session, agent, source or other thing that it names.
incidents::Subject subject_of(const Labels& labels);

// Gathers what a diagnosis looks at: every part at the same time, and none of them longer than the limit;
// what has not come by then is late. On one loop. Everything must outlive it.
class FactGatherer {
public:
    struct Parts {
        io::Loop& loop;
        io::Pool& pool;
        const Clock& clock;
        jobs::Service& jobs;
        delivery::Service& deliveries;
        const fleet::Service& fleet;
        const recorder::Recorder& recorder;
        const JobVerdicts& verdicts;
        const Changes& changes;
        std::filesystem::path data;
        std::function<gateway::Gateway*()> gateway;
        std::function<std::vector<api::Failing>()> failing;
        // The filter over events of a rule that listens for silence; "" when the alert is of another kind.
        std::function<std::string(std::string_view alertname)> listens_to;
        const health::Service& probes;
    };
    // What is asked about; `alert` and `started` are the alert's, if there is one.
    struct Question {
        std::string tenant;
        incidents::Subject subject;
        Labels labels;
        std::string alert;
        Time started;
    };

    explicit FactGatherer(Parts parts);
    // On the loop.
    Task<incidents::Facts> gather(Question question);
    // On the loop; before destruction.
    Task<> stop() { return tasks_.stop(); }

private:
    struct Gathering;
    using Look = Task<> (FactGatherer::*)(std::shared_ptr<Gathering>);
    // What is the same for every question, with the time it was looked at: in a storm thousands ask within a
    // second.
    template <class T>
    struct Shared {
        T value;
        std::optional<std::chrono::steady_clock::time_point> seen;
        bool is_fresh() const;
    };

    // What the fleet says of the session that the question names, else of the agent.
    struct FleetWord {
        std::optional<std::string> json;  // nothing: it knows neither
        bool is_session = false;
    };
    FleetWord ask_fleet(const Question& question) const;

    void watch_limit();
    Task<> end_overdue();
    Task<> run(std::shared_ptr<Gathering> gathering, std::string name, Look look);
    Task<> look_at_subject(std::shared_ptr<Gathering> gathering);
    // What look_at_subject() found is there.
    static Task<> until_known(std::shared_ptr<Gathering> gathering);
    Task<> look_at_job(std::shared_ptr<Gathering> gathering);
    Task<> look_at_receipts(std::shared_ptr<Gathering> gathering);
    Task<> look_at_siblings(std::shared_ptr<Gathering> gathering);
    Task<> look_at_dependencies(std::shared_ptr<Gathering> gathering);
    Task<> look_at_activity(std::shared_ptr<Gathering> gathering);
    Task<> look_at_ourselves(std::shared_ptr<Gathering> gathering);
    Task<std::vector<Peer>> job_peers(std::string tenant, std::vector<alerts::Signal> verdicts);
    // When the newest event that fits was; nothing of the last week.
    Task<std::optional<Time>> last_event(std::string tenant, std::string where);
    Task<> look_at_changes(std::shared_ptr<Gathering> gathering);
    Task<> look_at_resources(std::shared_ptr<Gathering> gathering);

    Parts parts_;
    Shared<std::vector<delivery::ChannelHealth>> channels_;
    std::map<std::string, Shared<std::vector<Peer>>> job_peers_;  // by tenant
    Shared<incidents::ResourceFacts> resources_;
    io::TaskGroup tasks_;
    std::vector<std::weak_ptr<Gathering>> under_way_;
    bool is_watching_ = false;
};

}  // namespace nightshift::app
