#pragma once

#include "jobs/json_reader.h"
#include "jobs/runner/process.h"

namespace nightshift::jobs {

// The keys of a command beside others in `reader`: command, folder, environment, input, stop_grace, limits.
void read_command(JsonReader& reader, Command& command);

}  // namespace nightshift::jobs
