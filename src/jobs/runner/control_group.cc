#include "jobs/runner/control_group.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "jobs/runner/kernel_file.h"

namespace nightshift::jobs {
namespace {

using std::filesystem::path;

constexpr std::string_view kOwnName = "nightshift";

// The line of version 2 in a file like "0::/system.slice/x.service".
std::optional<path> own_group(const ControlGroupSystem& system) {
    std::string lines = read_kernel_file(system.membership);
    for (std::string_view line : split(lines, '\n')) {
        if (!line.starts_with("0::/")) continue;
        path group = system.mount / line.substr(4);
        return group.has_filename() ? group : group.parent_path();
    }
    return std::nullopt;
}

bool has_controllers(const path& file) {
    std::string text = read_kernel_file(file);
    auto words = split(trim(text), ' ');
    return std::ranges::count(words, "memory") == 1 && std::ranges::count(words, "pids") == 1;
}

// The number after `key` in lines of "key number".
int64_t number_after(const path& file, std::string_view key) {
    std::string text = read_kernel_file(file);
    for (std::string_view line : split(text, '\n')) {
        if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != ' ') continue;
        return parse_int(line.substr(key.size() + 1)).value_or(0);
    }
    return 0;
}

Result<void> move_into_own_group(const path& group, bool is_managed) {
    if (is_managed) {
        return fail(Code::kUnavailable,
                    "the service manager gave us no group of our own below {}; it needs Delegate=yes and "
                    "DelegateSubgroup={} (systemd 254)",
                    group.native(), kOwnName);
    }
    std::string inhabitants = read_kernel_file(group / "cgroup.procs");
    if (trim(inhabitants) != std::to_string(::getpid())) {
        return fail(Code::kUnavailable, "others live in our control group {}", group.native());
    }
    path own = group / kOwnName;
    if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) {
        return fail(Code::kUnavailable, "no control group can be made in {}", group.native());
    }
    if (!write_kernel_file(own / "cgroup.procs", std::to_string(::getpid()))) {
        return fail(Code::kUnavailable, "the control group {} may not be entered", own.native());
    }
    return {};
}

}  // namespace

Result<path> prepare_control_groups(const ControlGroupSystem& system) {
    auto group = own_group(system);
    if (!group || !has_controllers(*group / "cgroup.controllers")) {
        return fail(Code::kUnavailable, "{} has no cgroup v2 with memory and pids for us",
                    system.mount.native());
    }
    path parent = group->parent_path();
    if (group->filename() != kOwnName) {
        if (auto moved = move_into_own_group(*group, system.is_managed); !moved)
            return Failure(moved.error());
        parent = *group;
    }
    if (!write_kernel_file(parent / "cgroup.subtree_control", "+memory +pids")) {
        return fail(Code::kUnavailable, "control of memory and pids is not ours to give in {}",
                    parent.native());
    }
    return parent;
}

std::optional<path> find_group_parent(const ControlGroupSystem& system) {
    auto group = own_group(system);
    if (!group || group->filename() != kOwnName) return std::nullopt;
    path parent = group->parent_path();
    if (!has_controllers(parent / "cgroup.subtree_control")) return std::nullopt;
    return parent;
}

std::optional<ControlGroup> ControlGroup::create(const path& folder, const ProcessLimits& limits) {
    if (::mkdir(folder.c_str(), 0755) != 0) return std::nullopt;
    bool is_limited = true;
    if (limits.memory_bytes > 0) {
        is_limited = write_kernel_file(folder / "memory.max", std::to_string(limits.memory_bytes));
        // Not there without swap accounting.
        write_kernel_file(folder / "memory.swap.max", "0");
        write_kernel_file(folder / "memory.oom.group", "1");
    }
    if (limits.processes > 0) {
        is_limited = write_kernel_file(folder / "pids.max", std::to_string(limits.processes)) && is_limited;
    }
    if (!is_limited) {
        remove_group(folder);
        return std::nullopt;
    }
    return ControlGroup(folder);
}

int64_t ControlGroup::memory_peak_bytes() const {
    std::string text = read_kernel_file(folder_ / "memory.peak");  // Linux 5.19
    return parse_int(trim(text)).value_or(0);
}

int64_t ControlGroup::cpu_ms() const {
    return number_after(folder_ / "cpu.stat", "usage_usec") / 1000;
}

bool ControlGroup::ran_out_of_memory() const {
    return number_after(folder_ / "memory.events", "oom_kill") > 0;
}

void kill_group(const path& folder) {
    write_kernel_file(folder / "cgroup.kill", "1");  // Linux 5.14
}

void remove_group(const path& folder) {
    ::rmdir(folder.c_str());
}

}  // namespace nightshift::jobs
