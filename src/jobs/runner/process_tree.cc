#include "jobs/runner/process_tree.h"

#include <dirent.h>

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "jobs/runner/kernel_file.h"

namespace nightshift::jobs {
std::optional<ProcessEntry> parse_stat(std::string_view text) {
    // "PID (NAME) STATE PPID PGRP SESSION …"; a name may hold anything, also brackets.
    size_t open = text.find('(');
    size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
    auto pid = parse_int(trim(text.substr(0, open)));
    auto fields = split(trim(text.substr(close + 1)), ' ');
    constexpr size_t kParent = 1, kSession = 3, kStart = 19;
    if (!pid || fields.size() <= kStart) return std::nullopt;
    auto parent = parse_int(fields[kParent]);
    auto session = parse_int(fields[kSession]);
    auto start = parse_uint(fields[kStart]);
    if (!parent || !session || !start) return std::nullopt;
    return ProcessEntry{.identity = {static_cast<pid_t>(*pid), *start},
                        .parent = static_cast<pid_t>(*parent),
                        .session = static_cast<pid_t>(*session),
                        .is_zombie = fields[0] == "Z" || fields[0] == "X"};
}

std::optional<ProcessEntry> read_process(pid_t pid) {
    return parse_stat(read_kernel_file("/proc/" + std::to_string(pid) + "/stat"));
}

std::vector<ProcessEntry> list_processes() {
    std::vector<ProcessEntry> all;
    std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
    if (!folder) return all;
    while (const dirent* entry = ::readdir(folder.get())) {
        auto pid = parse_int(static_cast<const char*>(entry->d_name));
        if (!pid) continue;
        if (auto process = read_process(static_cast<pid_t>(*pid))) all.push_back(*process);
    }
    return all;
}

std::vector<ProcessEntry> descendants_of(pid_t ancestor, const std::vector<ProcessEntry>& all) {
    std::unordered_multimap<pid_t, const ProcessEntry*> children;
    for (const auto& process : all) children.emplace(process.parent, &process);
    std::vector<ProcessEntry> found;
    // The table is not read at one instant: a number may seem to be its own ancestor.
    std::unordered_set<pid_t> seen{ancestor};
    std::vector<pid_t> open{ancestor};
    while (!open.empty()) {
        pid_t parent = open.back();
        open.pop_back();
        auto [begin, end] = children.equal_range(parent);
        for (auto each = begin; each != end; ++each) {
            if (!seen.insert(each->second->identity.pid).second) continue;
            found.push_back(*each->second);
            open.push_back(each->second->identity.pid);
        }
    }
    return found;
}

size_t count_tasks() {
    // "0.00 0.01 0.05 RUNNING/ALL LAST"
    std::string load = read_kernel_file("/proc/loadavg");
    auto fields = split(trim(load), ' ');
    if (fields.size() < 4) return 0;
    auto all = fields[3].substr(std::min(fields[3].find('/'), fields[3].size() - 1) + 1);
    return parse_uint(all).value_or(0);
}

std::string read_boot_id() {
    return std::string(trim(read_kernel_file("/proc/sys/kernel/random/boot_id")));
}

}  // namespace nightshift::jobs
