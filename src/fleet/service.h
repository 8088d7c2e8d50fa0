#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "fleet/options.h"
#include "fleet/response.h"
#include "fleet/view.h"
#include "io/loop.h"
#include "live/hub.h"
#include "recorder/recorder.h"

namespace nightshift::fleet {

struct Options {
    StateOptions state;
    std::filesystem::path snapshot_file;  // empty: nothing is kept over a restart
    std::chrono::milliseconds snapshot_every{30'000};
    std::chrono::milliseconds publish_every{
        100};  // longer while publishing takes more than a tenth of a core
    size_t queue_events_max =
        200'000;  // waiting for the loop; beyond it they are read back from the recorder
    size_t queue_bytes_max = 64u << 20;
    std::chrono::hours rebuild{24};  // without a snapshot, so much of the past is read
};

// For /api/v1/system and /metrics. Counters since start.
struct Stats {
    uint64_t events_total = 0;
    uint64_t batches_total = 0;
    uint64_t shed_batches_total = 0;  // came while the queue was full; read back from the recorder
    uint64_t catch_ups_total = 0;
    uint64_t replayed_events_total = 0;
    uint64_t published_total = 0;  // items given to the hub
    uint64_t queued_events = 0;
    uint64_t queued_events_max = 0;
    uint64_t sessions = 0;
    uint64_t agents = 0;
    uint64_t evicted_sessions_total = 0;
    uint64_t refused_records_total = 0;
    uint64_t aborts_total = 0;
    uint64_t snapshot_bytes = 0;
    int64_t snapshot_at_ms = 0;
    std::string snapshot_failure;     // why the last one could not be written
    bool is_behind = false;           // catching up from the recorder
    recorder::Position position = 0;  // of the last event applied
};

// Asks the source of a session to abort it; `done` may be called from any thread, once, with what came of it.
using AbortFn = std::function<void(AbortRequest, std::function<void(Result<std::string>)> done)>;

// Keeps the Fleet on one loop: takes in what the recorder commits, lets time pass, publishes what changed to
// the hub's topic "fleet", climbs the response ladder, and saves itself. Public methods are safe from any
// thread unless they say otherwise; answers come through callbacks on the loop.
class Service {
public:
    // `loop`, `hub` and `clock` must outlive it.
    Service(io::Loop& loop, live::Hub& hub, Options options, const Clock& clock, AbortFn abort);
    // Calls stop().
    ~Service();

    // Before start() and before the first append: reads the snapshot and what the recorder holds after it.
    // Blocking, but bounded: a long past is read on the loop after start(). `recorder` must outlive the
    // service. A damaged snapshot is a warning in the log, not an error.
    Result<void> restore(const recorder::Recorder& recorder);
    void start();
    // Publishes and saves for the last time. Not from a loop. Later calls do nothing.
    void stop();

    // The recorder's tap. Never blocks: at most Options::queue_events_max wait.
    void on_batch(std::shared_ptr<const recorder::EventBatch> batch, recorder::Position position);

    // One tenant's fleet for reading; see View.
    std::shared_ptr<const View> view(std::string_view tenant) const;
    // One item as JSON, or nothing.
    std::optional<std::string> session(std::string_view tenant, std::string_view id) const;
    std::optional<std::string> agent(std::string_view tenant, std::string_view id) const;

    // kNotFound when there is no such attention.
    void dismiss(std::string tenant, std::string attention_id, std::string reason,
                 std::function<void(Result<void>)> done);
    // A person aborts a session. kNotFound; kConflict when its source cannot, with a message that says which
    // can.
    void abort(std::string tenant, std::string session, std::string reason,
               std::function<void(Result<std::string>)> done);

    // A source (as in Event::source) was lost or is there, judged by its behaviour; repeat "is there" at
    // least each minute.
    void set_source(std::string source, bool is_reachable, std::string why);
    // Attention from outside the fleet: `source_failing`, `recorder`.
    void set_condition(std::string tenant, Attention attention);
    void clear_condition(std::string tenant, std::string id);

    Stats stats() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace nightshift::fleet
