#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alerts/service.h"
#include "base/text_pool.h"
#include "io/task_group.h"

namespace nightshift::alerts {

// What the loop owns.
struct Service::Core : std::enable_shared_from_this<Core> {
    Core(Parts given, Settings configured);

    Result<void> load();
    void start_periodic_work();
    Task<> stop_here();
    void replace(Settings settings);

    // A word of others, before it is written: kLimit when it brings too many new ones.
    Result<void> admit(std::vector<Alert>& alerts);
    // After it was written.
    void apply(const std::vector<Alert>& alerts);
    // Lets it use the texts that others have already.
    void share_texts(Alert& alert);

    Task<> evaluate();
    Task<> measure_due();
    Task<> measure_rule(RulePtr rule);
    // Writes what the evaluator says and then lets the groups have it.
    void commit(std::vector<Alert> changed);
    // Tells what is due.
    void pump();
    // The same until nothing is due any more.
    Task<> pump_due();
    Task<> prune();

    Suppression suppression(const Alert& alert, const RouteOptions& options, Time now) const;
    const MuteWindow* open_window(const Alert& alert, const RouteOptions& options, Time now) const;

    Parts parts;
    Settings settings;
    Evaluator evaluator;
    Groups groups;
    TextPool texts;
    std::map<std::string, Silence> silences;
    std::map<std::string, Time> measured;  // by rule: when it was last looked at
    io::TaskGroup tasks;
    Stats stats;
    bool is_measuring = false;
};

}  // namespace nightshift::alerts
