#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "jobs/runner/process_tree.h"
#include "jobs/types.h"

// The files of a run folder: docs/formats/run-folder.md.
namespace nightshift::jobs {

// started.json.
struct RunStart {
    std::string boot_id;
    ProcessIdentity keeper;
    ProcessIdentity command;
    Time time;
    std::string group;  // folder of its control group; empty: none
};

// What is found in a run folder.
enum class RunState {
    kNew,      // never started, and nobody is about to
    kRunning,  // its keeper lives
    kEnded,
    kLost,  // its keeper died without a word
};
struct RunFound {
    RunState state = RunState::kNew;
    std::optional<RunStart> start;
    Execution execution;  // when it ended or was lost
};
RunFound inspect_run(const std::filesystem::path& folder);

// Makes the folder if needed and takes its lock for who is to start the run. The lock lives as long as the
// descriptor and its copies in other processes. kConflict when it is held or the run was started before.
Result<FileDescriptor> claim_run(const std::filesystem::path& folder);
// Whether `fd` is the lock file of `folder`.
bool is_lock_of(int fd, const std::filesystem::path& folder);

Result<void> write_start(const std::filesystem::path& folder, const RunStart& start);
Result<void> write_end(const std::filesystem::path& folder, const Execution& execution, size_t leftovers);

std::filesystem::path output_path(const std::filesystem::path& folder, uint32_t age = 0);
// The parts of the output that are there, oldest first.
std::vector<std::filesystem::path> output_parts(const std::filesystem::path& folder);

}  // namespace nightshift::jobs
