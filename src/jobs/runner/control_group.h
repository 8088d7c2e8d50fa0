#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "jobs/runner/command.h"

namespace nightshift::jobs {

// Where the kernel shows control groups (cgroup v2) and says which one a process is in. Tests name others.
struct ControlGroupSystem {
    std::filesystem::path mount = "/sys/fs/cgroup";
    std::filesystem::path membership = "/proc/self/cgroup";
    // The service manager put us where we are; moving away would make its next start of us fail.
    bool is_managed = false;
};

// Makes room for the groups of runs; for the start of `nightshift up`. A group with processes cannot have
// limited groups below it, so we must sit in one named "nightshift" beside them: the service manager's doing
// (Delegate=yes, DelegateSubgroup=nightshift), or ours where nobody else lives in our group (a container).
// Returns the folder above. kUnavailable says why there is none; rlimits hold then.
Result<std::filesystem::path> prepare_control_groups(const ControlGroupSystem& system);

// The same folder, for a keeper that was started in "nightshift"; nothing when there is none.
std::optional<std::filesystem::path> find_group_parent(const ControlGroupSystem& system);

// The group of one run: the kernel limits, counts and kills the whole tree at once.
class ControlGroup {
public:
    // Nothing when the system refuses.
    static std::optional<ControlGroup> create(const std::filesystem::path& folder,
                                              const ProcessLimits& limits);

    const std::filesystem::path& folder() const { return folder_; }
    // A process enters by writing "0" here.
    std::filesystem::path entrance() const { return folder_ / "cgroup.procs"; }

    int64_t memory_peak_bytes() const;
    int64_t cpu_ms() const;
    bool ran_out_of_memory() const;

private:
    explicit ControlGroup(std::filesystem::path folder) : folder_(std::move(folder)) {}

    std::filesystem::path folder_;
};

// Kills all that is in the group at `folder`. Nothing happens when there is none.
void kill_group(const std::filesystem::path& folder);
// When it is empty.
void remove_group(const std::filesystem::path& folder);

}  // namespace nightshift::jobs
