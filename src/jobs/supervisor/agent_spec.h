#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "jobs/runner/process.h"
#include "jobs/supervisor/liveness.h"
#include "jobs/supervisor/restart.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// An agent that is kept running.
struct AgentSpec {
    std::string name;
    Command command;  // in the foreground; limits.output_bytes and output_files are set from the next two
    uint64_t log_bytes_max = 50u << 20;  // a log file is rotated at this size
    uint32_t log_files_max = 3;
    RestartPolicy restart;
    LivenessPolicy liveness;
};

enum class AgentState : uint8_t {
    kStarting,    // runs, and has not yet shown what its liveness asks for
    kRunning,     // runs, and showed it when it was looked at last
    kBackingOff,  // ended; its next start has a time
    kStopping,
    kStopped,  // by a person, or finished
    kGivenUp,  // crash loop: waits for a person or a new configuration
};
std::string_view to_string(AgentState state);

// What is known of an agent now.
struct AgentStatus {
    std::string name;
    AgentState state = AgentState::kStopped;
    Time since;
    std::string why;
    bool is_looked_at = false;  // its liveness asks for something; else nobody knows whether it does anything
    int pid = 0;                // 0: it does not run
    uint64_t restarts = 0;      // starts after the first, in all its history
    std::optional<Execution> last_end;
    std::optional<Time> next_start;  // while backing off
    std::string output_path;         // of the newest life; empty: there is none
};

}  // namespace nightshift::jobs
