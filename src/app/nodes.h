#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/system.h"
#include "app/config.h"
#include "base/clock.h"
#include "io/loop.h"
#include "io/task_group.h"

namespace nightshift::app {

// The other Nightshifts that hear of the same alerts: asks each of them, every two seconds, which groups it
// deals with. One that does not answer deals with nothing. On one loop, but for failing().
class Nodes {
public:
    Nodes(io::Loop& loop, const Clock& clock, NodesConfig config);

    void start();
    Task<> stop() { return tasks_.stop(); }
    // What is left to the nodes before this one.
    std::chrono::seconds first_wait() const;
    // The first node before this one that deals with the group; "" for none.
    std::string deals_with(const std::string& tenant, const std::string& key) const;
    // Those that do not answer. Any thread.
    std::vector<api::Failing> failing() const;

private:
    // What a node said last.
    struct Word {
        std::string tenant;
        std::set<std::string> keys;
        Time heard;
        std::string error;  // of the last try; empty when it answered
        Time failing_since;
    };
    Task<> ask_all();
    Task<> ask(NodesConfig::Other other);
    Result<Word> read(const std::string& body) const;

    const Clock& clock_;
    const NodesConfig config_;
    io::TaskGroup tasks_;
    mutable std::mutex mutex_;
    std::map<std::string, Word> words_;  // by node; under mutex_
};

}  // namespace nightshift::app
