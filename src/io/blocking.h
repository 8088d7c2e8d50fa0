#pragma once

#include <functional>

#include "io/loop.h"
#include "io/task.h"

namespace nightshift::io {

// Runs `task` on `loop` and returns when it has ended; rethrows what it threw. For start-up, shutdown, tests
// and the CLI: never call it from a loop.
void run_blocking(Loop& loop, std::function<Task<>()> task);

}  // namespace nightshift::io
