#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nightshift::jobs {

// What one process may use. 0: no limit of ours. cgroup v2 where the system lets us, rlimits otherwise.
struct ProcessLimits {
    uint64_t memory_bytes = 0;
    std::chrono::seconds cpu{0};
    std::chrono::milliseconds time{0};  // by the clock on the wall, also while nobody but the keeper is there
    uint64_t processes = 1024;  // threads count too where a control group counts; a fork bomb ends here
    uint64_t open_files = 0;
    uint64_t output_bytes = 50u << 20;  // kept per run, newest; older output is rotated away and counted
    uint32_t output_files = 2;          // the parts it is rotated through
};

// A command to run: its own process group, only the environment named here.
struct Command {
    std::vector<std::string> argv;  // a program and its arguments; not a shell line unless it names a shell
    std::string folder;             // working folder, which must exist
    std::map<std::string, std::string>
        environment;    // all of it; PATH and HOME have sane defaults when not named
    std::string input;  // on stdin; empty: /dev/null
    ProcessLimits limits;
    std::chrono::milliseconds grace{10'000};  // between SIGTERM and SIGKILL
};

}  // namespace nightshift::jobs
