#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/evaluator.h"
#include "alerts/groups.h"
#include "alerts/mute_window.h"
#include "alerts/silence.h"
#include "base/clock.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/task.h"
#include "recorder/recorder.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::alerts {

// What the configuration says of alerts.
struct Settings {
    std::vector<RulePtr> rules;
    Route root;
    std::vector<InhibitRule> inhibitions;
    std::vector<MuteWindow> windows;
    seconds evaluate_every{2};
    seconds resolve_timeout{
        300};            // an alert of others that names no end is over when not repeated for so long
    seconds settle{15};  // after a start, before anything but critical is told
    seconds keep_history{30 * 86'400};  // how everything was, for trying rules on it
};

// Signals of one kind as they are now, or why nobody can say.
struct Observation {
    SignalKind kind = SignalKind::kSession;
    std::vector<Signal> signals;
    std::string unknown_why;  // not empty: it could not be looked at
};

// An alert and what keeps it from people, for reading.
struct AlertView {
    AlertPtr alert;
    Suppression suppression;
};

struct Stats {
    uint64_t alerts = 0;
    uint64_t groups = 0;
    uint64_t series = 0;
    uint64_t taken_total = 0;  // from others
    uint64_t refused_total = 0;
    uint64_t flushed_total = 0;
    uint64_t suppressed_total = 0;  // groups that were kept from people
    uint64_t dropped_series_total = 0;
    int64_t evaluate_us = 0;  // the last evaluation
};

// Keeps every alert, on disk before anybody hears that it was taken; evaluates the rules; says which groups
// are to be told. Lives on one loop; public methods are safe from any thread unless they say otherwise.
class Service {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        io::Pool& pool;
        store::Writer& writer;
        store::Readers& readers;
        const recorder::Recorder& recorder;
        const Clock& clock;
        // What is known now; asked on the loop at each evaluation.
        std::function<Task<std::vector<Observation>>()> observe;
        // A group is to be told. Called on the loop, and again after a restart for what was not kept: the
        // listener knows what it was told.
        std::function<void(std::vector<Flush>)> tell;
        // How many groups may be told now; the others are told soon. On the loop.
        std::function<size_t()> room;
        // What was told before the start.
        std::function<std::vector<Told>()> told;
        // The clock on a wall of a zone; nothing for a zone that is not known.
        std::function<std::optional<WallTime>(const std::string& zone, Time at)> wall_time;
    };

    // Reads what the store holds. Blocking.
    static Result<std::unique_ptr<Service>> open(Parts parts, Settings settings);
    // stop() first.
    ~Service();
    void start();
    // Not from the loop. Later calls do nothing.
    void stop();
    // Other rules, routes, windows. On any thread.
    void reload(Settings settings);

    // Alerts from others; answers when they are on disk. kInvalid (more than kBatchMax), kLimit.
    Task<Result<void>> take(std::vector<Alert> alerts);

    // Answers when it is on disk. An id that is there already is changed; without one it gets one.
    Task<Result<Silence>> put_silence(Silence silence);
    // It ends now. kNotFound.
    Task<Result<void>> end_silence(std::string tenant, std::string id);
    Task<std::vector<Silence>> silences(std::string tenant) const;

    Task<std::vector<AlertView>> alerts(std::string tenant) const;
    Task<std::vector<RuleState>> rules(std::string tenant) const;
    Task<RulePtr> rule(std::string tenant, std::string name) const;
    Task<Stats> stats() const;

private:
    struct Core;
    explicit Service(std::shared_ptr<Core> core);
    template <class T>
    Task<T> ask(std::function<T(Core&)> question) const;
    std::shared_ptr<Core> core_;
};

}  // namespace nightshift::alerts
