#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/task_group.h"
#include "jobs/audit_ledger.h"
#include "jobs/engine.h"
#include "jobs/runner/prompt_call.h"
#include "jobs/store.h"
#include "recorder/recorder.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::jobs {

// A job as people see it.
struct JobView {
    JobPtr job;
    bool is_paused = false;
    std::string paused_why;
    std::optional<Time> next;  // the start of its next occurrence
    std::optional<Occurrence> running;
};

// Runs what is due and writes down what became of it: applies the engine's transitions to the ledger, then
// does what they allow. Lives on one loop. Methods are safe from any thread unless they say otherwise.
class Service {
public:
    // All must outlive the service.
    struct Parts {
        io::Loop& loop;
        io::Pool& pool;
        store::Writer& writer;
        store::Readers& readers;
        const Clock& clock;
        Zones& zones;
        const recorder::Recorder* recorder = nullptr;
    };
    struct Options {
        std::filesystem::path program;  // Nightshift itself, which is also the keeper
        std::filesystem::path folder;   // run folders
        EngineOptions engine;
        std::chrono::hours keep{24 * 365};  // finished occurrences and their evidence
        std::chrono::hours keep_output{24 * 14};
        std::function<std::optional<std::string>(const std::string&)> environment;  // for ${NAME}
        // Deliveries: how to write one inside our transaction, to look for work after it, and what became of
        // those of an occurrence.
        Enqueue enqueue;
        std::function<void()> wake_deliveries;
        std::function<Task<std::vector<DeliveryFact>>(OccurrenceKey)> delivery_facts;
        // The work of OpenClaw gateways (agent and cron_run), as Performer does that of others; its folder is
        // the attempt's.
        std::function<Task<std::optional<Execution>>(StartRun, std::filesystem::path folder)> run_elsewhere;
        std::function<Task<>(StopRun)> stop_elsewhere;
        // The jobs are now these, of all tenants; on the loop.
        std::function<void(const std::vector<JobPtr>&)> on_jobs;
        // Our own gateway, for prompts; see Performer.
        std::function<Result<PromptTarget>(const std::string& tenant)> gateway;
        // An occurrence changed; on the loop.
        std::function<void(const Occurrence&)> on_change;
    };

    // `jobs` will be the configured ones: others of the configuration are removed, those made through the API
    // stay.
    static Result<std::unique_ptr<Service>> open(Parts parts, Options options, std::vector<JobPtr> jobs);
    // stop() first.
    ~Service();

    // Takes up what the ledger holds. Blocking, not from the loop; errors are the ledger's.
    Result<void> start();
    // Starts nothing more. Processes go on under their keepers; what ends is found at the next start.
    // Blocking, not from the loop.
    void stop();

    // Replaces the configured jobs; runs in flight go on by the definition they began with.
    Task<Result<void>> reload(std::vector<JobPtr> jobs);
    // kInvalid for the name of a configured job.
    Task<Result<void>> put_job(JobPtr job);
    Task<Result<void>> remove_job(std::string tenant, std::string name);

    // All of these answer when it is durable.
    Task<Result<OccurrenceKey>> trigger(std::string tenant, std::string job, Trigger trigger);
    Task<Result<OccurrenceKey>> word(std::string tenant, std::string job, Word word);
    Task<Result<void>> pause(Pause pause);
    Task<Result<void>> claim(AddClaim claim);
    Task<Result<void>> override_verdict(Override over);

    void delivery_settled(const OccurrenceKey& key);
    // What was recorded: jobs that wait for such events are started.
    void on_batch(const recorder::EventBatch& batch);

    Task<std::vector<JobView>> jobs(std::string tenant) const;
    Task<std::optional<JobView>> job(std::string tenant, std::string name) const;
    Task<EngineStats> stats() const;
    // The last audit; nothing before the first.
    std::optional<AuditReport> audit() const;
    store::Readers& readers() const;
    // Where the files of an attempt are.
    std::filesystem::path run_folder(const OccurrenceKey& key, uint32_t attempt) const;

private:
    struct Core;
    explicit Service(std::shared_ptr<Core> core);
    template <class T>
    Task<T> ask(std::function<T(Core&)> question) const;
    using Action = std::function<Result<Heard>(Engine&, Time, Effects&)>;
    Task<Result<Heard>> act(Action action);
    Task<JobPtr> known(std::string tenant, std::string name) const;

    std::shared_ptr<Core> core_;
};

}  // namespace nightshift::jobs
