#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/file.h"
#include "base/result.h"
#include "jobs/runner/command.h"

namespace nightshift::jobs {

// The program that keeps: `nightshift-keep` beside ourselves, which starts in a quarter of the time, else
// ourselves, also when our file was replaced meanwhile.
std::filesystem::path find_keeper_program();

// Starts `program keep folder` in a session of its own with nothing of ours but the lock and the command.
// Returns its pid; it is our child and must be reaped. kIo, kLimit.
Result<pid_t> spawn_keeper(const std::filesystem::path& program, const std::filesystem::path& folder,
                           const FileDescriptor& lock, const Command& command);

}  // namespace nightshift::jobs
