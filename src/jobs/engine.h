#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "jobs/admit.h"
#include "jobs/job.h"
#include "jobs/judge.h"
#include "jobs/occurrence.h"
#include "jobs/plan.h"

namespace nightshift::jobs {

struct EngineOptions {
    std::chrono::seconds horizon{120};  // planned ahead at least
    uint32_t runs_max = 64;             // at once; 0: no limit
    uint32_t catch_ups_max = 4;         // at once
    std::chrono::milliseconds catch_up_spacing{1000};
    int64_t catch_up_budget_nano_usd = 0;  // for all that is caught up after one gap; 0: no limit
    size_t plans_per_step = 200;           // jobs planned in one step, so that what is due comes first
    uint64_t seed = 1;                     // of backoff jitter
};

// --- What the engine wants done. The shell does it and reports back with the same key and fence. ---

// Apply in one transaction, then tell committed(id).
struct Commit {
    uint64_t id = 0;
    std::shared_ptr<const std::vector<Transition>> transitions;
};

// The claim is durable: start the work, then tell run_ended().
struct StartRun {
    OccurrenceKey key;
    Fence fence = 0;
    uint32_t attempt = 0;
    JobPtr job;
    bool may_have_started =
        false;  // we were restarted: find it first; tell never_started() when it is not there
};

// Then run_ended() follows as always.
struct StopRun {
    OccurrenceKey key;
    Fence fence = 0;
    bool timed_out = false;
};

// Look for the evidence, then tell observed().
struct Collect {
    OccurrenceKey key;
    Fence fence = 0;
    uint32_t attempt = 0;
    JobPtr job;
    std::optional<Execution> execution;
};

struct Effects {
    std::vector<Commit> commits;
    std::vector<StartRun> starts;
    std::vector<StopRun> stops;
    std::vector<Collect> collects;
    std::vector<OccurrenceKey> changed;  // for the live picture

    bool is_empty() const { return commits.empty() && starts.empty() && stops.empty() && collects.empty(); }
};

// What was observed of an occurrence, and what its claimants said.
struct Observed {
    std::vector<Evidence> evidence;
    std::vector<Claim> claims;
    bool deliveries_are_settled = true;
};

// What a watched job says of itself.
struct Word {
    enum class Kind : uint8_t { kStart, kSuccess, kFailure, kNote };
    Kind kind = Kind::kSuccess;
    std::optional<int> exit_code;
    std::string run_id;  // the sender's own, to pair a start with its end; may be empty
    std::string text;
    uint64_t tokens = 0;
    int64_t cost_nano_usd = 0;
    std::optional<Time> started;    // when the sender knows it
    std::optional<Time> scheduled;  // the planned time, when the sender knows it
};

// What a word was taken for.
struct Heard {
    OccurrenceKey key;
    // Nothing was taken yet: another commit of this occurrence is under way. Say it again when that is
    // written.
    std::optional<uint64_t> wait_for;
};

struct EngineStats {
    uint64_t jobs = 0;
    uint64_t open = 0;     // occurrences without a verdict
    uint64_t waiting = 0;  // due, and waiting for their turn
    uint64_t in_flight = 0;
    uint64_t commits_pending = 0;
    uint64_t stale_total = 0;    // reports with a fence that no longer holds: refused
    uint64_t refused_total = 0;  // commits the ledger refused
    Time next;                   // the next thing to do
};

// The ledger's machine over all jobs: events and the time go in, transitions and effects come out. Holds
// every open occurrence in memory; no clock, no I/O, no threads. The ledger is the truth: an effect follows
// only after its transition was committed, and one commit at most is under way for an occurrence.
class Engine {
public:
    explicit Engine(EngineOptions options);
    ~Engine();

    // Once, before all else. `fence`: the last one given.
    void restore(std::vector<JobPtr> jobs, const std::vector<JobRecord>& records,
                 std::vector<Unfinished> open, Fence fence, Time now, Effects& effects);

    // A job that is new, or whose definition changed and is in the ledger already. What runs goes on as it
    // began.
    void put_job(JobPtr job, const JobRecord& record, Time now);
    void remove_job(const std::string& tenant, const std::string& name);
    void set_paused(const std::string& tenant, const std::string& name, bool is_paused, std::string why);

    // Does what is due. Call it at next_due(), or earlier.
    void step(Time now, Effects& effects);
    Time next_due() const;

    void committed(uint64_t id, const Result<void>& result, Time now, Effects& effects);
    void run_ended(const OccurrenceKey& key, Fence fence, const Execution& execution, Time now,
                   Effects& effects);
    void never_started(const OccurrenceKey& key, Fence fence, Time now, Effects& effects);
    void observed(const OccurrenceKey& key, Fence fence, Observed seen, Time now, Effects& effects);
    // A delivery of this occurrence reached its end.
    void delivery_settled(const OccurrenceKey& key, Time now, Effects& effects);

    // Starts it now, beside its schedule. kNotFound, or kConflict when the overlap policy forbids it.
    Result<OccurrenceKey> trigger(const std::string& tenant, const std::string& job, Trigger trigger,
                                  Time now, Effects& effects);
    // An event starts it; the events of one time are one occurrence. What the overlap policy forbids is
    // planned, and skipped. kNotFound, and kInvalid for a time longer ago than the job catches up.
    Result<OccurrenceKey> trigger_at(const std::string& tenant, const std::string& job, Time nominal,
                                     Time now, Effects& effects);
    // kNotFound when no such job is watched, and for a note while nothing runs; kUnavailable while the ledger
    // cannot be written.
    Result<Heard> word(const std::string& tenant, const std::string& job, const Word& word, Time now,
                       Effects& effects);

    EngineStats stats() const;
    JobPtr job(const std::string& tenant, const std::string& name) const;
    std::vector<JobPtr> jobs() const;
    // Of an open occurrence; nothing when it is over or unknown.
    std::optional<Occurrence> open(const OccurrenceKey& key) const;
    // The oldest that runs, and since when.
    std::optional<Occurrence> running(const std::string& tenant, const std::string& job) const;
    // Why it is paused; nothing: it is not.
    std::optional<std::string> paused(const std::string& tenant, const std::string& job) const;
    // The start of the next planned occurrence.
    std::optional<Time> next_start(const std::string& tenant, const std::string& job) const;

private:
    struct JobState;
    struct Live;
    struct Pending;
    using JobName = std::pair<std::string, std::string>;  // tenant, name

    void plan_due(Time now, Effects& effects);
    void plan_later(JobState& state, Time earliest);
    void plan_at(JobState& state, Time at);
    bool is_plan_behind(const JobState& state, Time now) const;
    void act_on_due(Time now, Effects& effects);
    void catch_up_overdue(JobState& state, std::vector<Live*> overdue, Time now, Effects& effects);
    void try_start(Live& live, Time now, Effects& effects);
    void start_waiting(Time now, Effects& effects);
    void claim(Live& live, Time now, Effects& effects);
    void begin(Live& live, Time now, Effects& effects);
    void verify(Live& live, Time now, Effects& effects);
    void decide(Live& live, const Judgment& judgment, std::vector<Evidence> evidence, Time now,
                Effects& effects);
    void decide(Live& live, Verdict verdict, std::string why, Time now, Effects& effects);
    Result<Heard> hear(Live& live, const Word& word, std::vector<Transition> before, Time now,
                       Effects& effects);
    Live* heard_by(JobState& state, const Word& word, Time now) const;
    void commit_again(Live& live, Effects& effects);
    void advance(Live& live, const Pending& pending, Time now, Effects& effects);
    void on_time_up(Live& live, Time now, Effects& effects);
    void on_plan_committed(Pending& pending, const Result<void>& result, Time now);

    OccurrenceKey plan_one(JobState& state, Occurrence occurrence, Effects& effects);
    Surroundings surroundings_of(const Live& live, Time now) const;
    Live* find(const OccurrenceKey& key) const;
    Live* find_with(const OccurrenceKey& key, Fence fence);
    Live& add(JobState& state, Occurrence occurrence);
    void drop(Live& live);
    void set_phase(Live& live, Phase phase);
    void set_alarm(Live& live, Time at);
    void clear_alarm(Live& live);
    void commit(Live* live, Pending pending, std::vector<Transition> transitions, Effects& effects);

    EngineOptions options_;
    Random random_;
    Fence fence_ = 0;
    Time listening_since_;  // words of watched work from before it reached nobody
    uint64_t next_commit_ = 1;
    std::map<JobName, std::unique_ptr<JobState>> jobs_;
    std::map<std::pair<Time, uint64_t>, Live*> alarms_;     // by order
    std::map<std::pair<Time, uint64_t>, JobState*> plans_;  // by order
    uint64_t next_order_ = 1;
    std::map<std::pair<Time, OccurrenceKey>, Live*> waiting_;  // due, oldest first
    std::unordered_map<uint64_t, Pending> pending_;
    std::map<std::string, uint32_t> group_in_flight_;
    uint32_t in_flight_ = 0;
    uint32_t catch_ups_in_flight_ = 0;
    int64_t catch_up_spent_ = 0;
    Time next_catch_up_;
    Time look_at_waiting_;
    uint64_t stale_total_ = 0;
    uint64_t refused_total_ = 0;
};

}  // namespace nightshift::jobs
