#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "jobs/engine.h"
#include "jobs/store.h"
#include "store/sqlite/database.h"

namespace nightshift::jobs::sim {

// A small world around one engine: a ledger on a disk that may be slow, a machine that crashes at any point
// of a commit, processes that outlive us or die with the machine, an API that turns 404, channels that die,
// and a clock that jumps. One seed decides everything. check() and every step report the first broken
// promise.
class World {
public:
    World(uint64_t seed, std::vector<JobPtr> jobs, Time start);

    // Lives through `duration`, faults and all; then, without further faults, until what was due is over.
    // Returns what went wrong; empty: nothing.
    std::string live(std::chrono::hours duration);

    struct Counts {
        uint64_t occurrences = 0;
        uint64_t runs = 0;
        uint64_t crashes = 0;
        uint64_t clock_jumps = 0;
        uint64_t deliveries = 0;
        uint64_t adopted = 0;
        Totals totals;
    };
    Counts counts();

private:
    // A process and what it truly did: what evidence can find, whoever asks.
    struct Process {
        Time ends;
        Execution execution;
        bool has_left_artefact = false;
        bool is_reported = false;
    };
    struct QueuedCommit {
        Commit commit;
        Time ready;  // when the disk has it
    };
    struct Looking {
        Collect collect;
        Time ready;
    };
    using RunKey = std::pair<OccurrenceKey, uint32_t>;

    Time wall() const { return now_ + clock_offset_; }
    bool chance(double probability) { return random_.uniform() < probability; }
    void fail(std::string what);
    void take(Effects effects);
    void start(const StartRun& run);
    void start_engine();
    void crash(bool with_machine);
    void fault();
    bool commit_next();
    void apply(const QueuedCommit& queued, bool is_answer_lost);
    void end_runs();
    void look();
    Observed see(const Collect& collect);
    void send_deliveries();
    void ping();
    void say_words();
    Time next_event() const;
    void check_identity(const OccurrenceKey& key);
    void check_plan();
    void check_verdicts();

    Random random_;
    std::vector<JobPtr> jobs_;
    store::Database db_;
    std::unique_ptr<Engine> engine_;
    Time start_;
    Time now_;
    microseconds clock_offset_{0};
    Time down_until_;
    Time next_fault_;
    Time api_is_blind_until_;
    Time channel_is_dead_until_;
    Time disk_is_slow_until_;
    Time next_ping_;
    bool is_calm_ = false;
    std::vector<QueuedCommit> disk_;
    std::deque<Word> words_;  // of the watched job; the first waits for its turn
    std::map<RunKey, Process> processes_;
    std::map<OccurrenceKey, bool> artefacts_;
    std::map<RunKey, Fence> running_;  // that the engine asked for since it started
    std::vector<Looking> looking_;
    std::map<std::string, int> sent_;  // by idempotency key
    std::string problem_;
    Counts counts_;
};

// The jobs of a realistic week: daily, hourly and quarter-hourly ones in three zones, each policy at least
// once.
std::vector<JobPtr> realistic_jobs();

}  // namespace nightshift::jobs::sim
