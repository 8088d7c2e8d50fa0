#pragma once

#include <sys/types.h>

#include <string>

#include "base/file.h"
#include "base/result.h"
#include "jobs/runner/command.h"
#include "jobs/runner/control_group.h"

namespace nightshift::jobs {

// A process of the keeper that has everything but its program: it waits at a gate until it may become the
// command, and ends by itself when the keeper dies.
struct GatedProcess {
    pid_t pid = 0;
    FileDescriptor output;  // read its standard output and error here; does not block

    // Lets it become the command. kIo says why it could not: then it has ended.
    Result<void> open_gate();

    FileDescriptor gate;
    FileDescriptor error;
};

// Forks. `program` comes from resolve_program(); `group`, which may be null, holds the limit of memory in
// place of an rlimit.
Result<GatedProcess> fork_gated(const Command& command, const std::string& program,
                                const ControlGroup* group);

}  // namespace nightshift::jobs
