#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::jobs {

// Who a process is, beyond its number, which the system uses again.
struct ProcessIdentity {
    pid_t pid = 0;
    uint64_t start_ticks = 0;  // since the machine started; field 22 of /proc/PID/stat

    bool operator==(const ProcessIdentity&) const = default;
};

// One line of the kernel's table of processes.
struct ProcessEntry {
    ProcessIdentity identity;
    pid_t parent = 0;
    pid_t session = 0;
    bool is_zombie = false;
};

// Nothing when there is no such process.
std::optional<ProcessEntry> read_process(pid_t pid);
std::vector<ProcessEntry> list_processes();

// Those of `all` that descend from `ancestor`, which is not among them.
std::vector<ProcessEntry> descendants_of(pid_t ancestor, const std::vector<ProcessEntry>& all);

// The content of a /proc/PID/stat; nothing when it is not one.
std::optional<ProcessEntry> parse_stat(std::string_view text);

// Tasks of the whole machine: one small read.
size_t count_tasks();

// Changes with every start of the machine; empty when the system does not say.
std::string read_boot_id();

}  // namespace nightshift::jobs
