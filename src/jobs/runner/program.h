#pragma once

#include <string>

#include "base/result.h"
#include "jobs/runner/command.h"

namespace nightshift::jobs {

// The file that `command` runs: its first argument, looked up in the PATH it names unless there is a slash in
// it; a relative one starts at the working folder. kInvalid says what is missing: the program, the folder, or
// the permission.
Result<std::string> resolve_program(const Command& command);

}  // namespace nightshift::jobs
