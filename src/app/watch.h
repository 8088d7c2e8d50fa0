#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/historian.h"
#include "alerts/preview.h"
#include "alerts/service.h"
#include "api/changes.h"
#include "api/incidents.h"
#include "app/changes.h"
#include "app/config.h"
#include "app/dead_man.h"
#include "app/facts.h"
#include "app/nodes.h"
#include "app/runbook_runner.h"
#include "app/signals.h"
#include "app/work.h"
#include "health/service.h"
#include "incidents/service.h"
#include "io/loop.h"
#include "io/pool.h"
#include "live/hub.h"

namespace nightshift::app {

// Watches over everything: rules make alerts, groups of alerts make incidents, incidents reach people. The
// rooms know nothing of each other; the functions by which they meet are here. Has a loop of its own, so that
// a storm of alerts holds up nothing else.
class Watch {
public:
    // All must outlive it.
    struct Parts {
        io::Pool& pool;
        recorder::Recorder& recorder;
        live::Hub& hub;
        const Clock& clock;
        fleet::Service& fleet;
        Work& work;
        std::function<gateway::Gateway*()> gateway;
        std::function<std::vector<api::Failing>()> failing;
        std::function<std::vector<std::string>()> tenants;
        health::Service& probes;
    };
    static Result<std::unique_ptr<Watch>> open(Parts parts, const Config& config,
                                               const std::filesystem::path& data);
    ~Watch();

    // Blocking, not from a loop.
    void start();
    void stop();
    void reload(const Config& config);

    // A job's occurrence changed; a delivery of ours was settled. Any thread.
    void on_occurrence(const jobs::Occurrence& occurrence) { verdicts_.take(occurrence); }
    bool on_delivery(const delivery::Delivery& delivery);

    alerts::Service& alerts() { return *alerts_; }
    incidents::Service& incidents() { return *incidents_; }
    // For the system's numbers. Any loop.
    Task<boost::json::object> numbers() const;
    // Whether people can be reached, as far as the dead-man message tells. Any thread.
    std::vector<api::Failing> troubles() const;
    api::IncidentParts incident_parts();
    api::ChangeParts change_parts();
    // What a rule would have done. kInvalid when the past cannot be asked.
    Task<Result<alerts::Preview>> preview(alerts::RulePtr rule, Time from, Time to);

private:
    Watch(Parts parts, const Config& config, const std::filesystem::path& data);
    Result<void> open_services();
    alerts::Service::Parts alert_parts();
    // What is known now; it is kept as well.
    Task<std::vector<alerts::Observation>> observe(SignalSources sources);
    incidents::Service::Parts incidents_parts();
    void note_changes(const Config& next);
    incidents::Settings incident_settings(const Config& config) const;
    void tell(std::vector<alerts::Flush> groups);
    // The filter of a rule that listens for silence; "" for others.
    std::string listens_to(std::string_view alertname) const;
    Task<incidents::Facts> gather(const incidents::Incident& incident);
    Task<Result<incidents::Diagnosis>> diagnose(std::string tenant, incidents::Subject subject);
    Task<incidents::Diagnosis> diagnose_now(FactGatherer::Question question);
    bool is_quiet(Time now) const;
    std::optional<alerts::WallTime> wall_time(const std::string& zone, Time at) const;
    void publish(const incidents::Incident& incident, bool is_gone);
    Task<> stop_here();
    // Blocking.
    Result<alerts::Preview> look_back(const alerts::Rule& rule, Time from, Time to);
    Task<boost::json::array> runbooks_of(incidents::Incident incident);
    // Runs on our loop what others ask for.
    template <class T>
    static Task<> answer(std::function<Task<T>()> work, std::function<void(T)> done);
    template <class T>
    Task<T> here(std::function<Task<T>()> work);

    Parts parts_;
    std::shared_ptr<const Config> config_;  // replaced by a reload
    std::filesystem::path data_;
    Secret signing_key_;
    JobVerdicts verdicts_;
    Changes changes_;
    std::unique_ptr<io::Loop> loop_;
    std::unique_ptr<store::Writer> writer_;  // of the alerts; incidents are where deliveries are
    std::unique_ptr<store::Readers> readers_;
    std::unique_ptr<alerts::Historian> historian_;
    std::unique_ptr<FactGatherer> gatherer_;
    std::unique_ptr<incidents::Service> incidents_;
    std::unique_ptr<alerts::Service> alerts_;
    std::unique_ptr<io::TaskGroup> tasks_;
    std::unique_ptr<RunbookRunner> runbooks_;
    std::unique_ptr<Nodes> nodes_;
    std::unique_ptr<DeadMan> dead_man_;
};

}  // namespace nightshift::app
