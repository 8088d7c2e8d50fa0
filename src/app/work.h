#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/supervised.h"
#include "api/system.h"
#include "app/config.h"
#include "app/openclaw_work.h"
#include "app/ping_keys.h"
#include "base/clock.h"
#include "delivery/service.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/task_group.h"
#include "jobs/service.h"
#include "jobs/supervisor/service.h"
#include "live/hub.h"
#include "recorder/recorder.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::app {

// Scheduled work, its deliveries and the agents kept running: three rooms that know nothing of each other,
// and the functions by which they meet. Lives on one loop.
class Work {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        io::Pool& pool;
        recorder::Recorder& recorder;
        live::Hub& hub;
        const Clock& clock;
        OpenclawWork::FindSource find_gateway;
        std::function<Result<jobs::PromptTarget>(const std::string& tenant)> model_gateway;
        // An occurrence changed. On the loop; may be called before open() returns.
        std::function<void(const jobs::Occurrence&)> on_occurrence;
        // A delivery that is not a run's was settled: as delivery::Service::set_on_settled(). On the loop.
        std::function<bool(const delivery::Delivery&)> on_delivery;
    };
    static Result<std::unique_ptr<Work>> open(Parts parts, const Config& config,
                                              const std::filesystem::path& data);
    ~Work();

    // Blocking, not from the loop.
    Result<void> start();
    // What was to be sent is sent, and what became of it is told. Once those who hear of it are there.
    void start_deliveries();
    // stop_runs() first: nothing is started or judged from then on, while the rest still answers.
    void stop_runs();
    void stop();
    // Takes the jobs, agents and channels of `config`. Blocking, not from the loop.
    Result<void> reload(const Config& config);

    // Cron jobs of gateways that jobs here watch. On any thread; must not block.
    void on_batch(const recorder::EventBatch& batch);

    jobs::Service& jobs() { return *jobs_; }
    delivery::Service& deliveries() { return *deliveries_; }
    jobs::Supervisor& supervisor() { return *supervisor_; }
    jobs::Zones& zones() { return *zones_; }
    store::Writer& writer() const { return *writer_; }
    store::Readers& readers() const { return *readers_; }

    PingKeys& ping_keys() { return *ping_keys_; }
    // A channel that the job names and the configuration does not have, in words. Any thread.
    std::string missing(const jobs::Job& job) const;

    // The supervised agents, and what a person wishes for one. Any loop.
    Task<std::vector<jobs::AgentStatus>> supervised() const;
    Task<Result<void>> supervise(std::string name, api::SupervisedParts::Wish wish);

    // The deliveries of an occurrence, as a JSON array.
    Task<std::string> deliveries_json(jobs::OccurrenceKey key) const;
    std::vector<api::Failing> failing() const;

private:
    Work(Parts parts, const Config& config)
        : parts_(std::move(parts)), config_(config), openclaw_(parts_.find_gateway, parts_.clock) {}
    Result<void> open_services(const std::filesystem::path& data);
    jobs::Service::Options job_options(const std::filesystem::path& data);
    Task<std::vector<jobs::DeliveryFact>> facts_of(jobs::OccurrenceKey key) const;
    Task<jobs::Health> look_for_life(const jobs::AgentSpec& spec, Time started) const;
    void publish(const jobs::Occurrence& occurrence);
    Task<> close();
    Task<> take(const Config& config, Result<void>& taken);
    void know_channels(const Config& config);
    void watch(const std::vector<jobs::JobPtr>& all);
    Task<> tell(jobs::JobPtr job, jobs::Word word);

    Parts parts_;
    const Config& config_;                                      // as it was at the start
    std::shared_ptr<const std::vector<std::string>> channels_;  // their names; replaced by a reload
    std::shared_ptr<const std::vector<jobs::JobPtr>> watched_;  // cron jobs of gateways; replaced by a reload
    OpenclawWork openclaw_;
    std::unique_ptr<PingKeys> ping_keys_;
    std::shared_ptr<jobs::Zones> zones_;
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<store::Readers> readers_;
    std::unique_ptr<delivery::Service> deliveries_;
    std::unique_ptr<jobs::Service> jobs_;
    std::unique_ptr<jobs::Supervisor> supervisor_;
    std::unique_ptr<io::TaskGroup> tasks_;
};

}  // namespace nightshift::app
