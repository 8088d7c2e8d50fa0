#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "io/task.h"
#include "io/task_group.h"

namespace nightshift::io {

// Work that repeats on a loop. The first run comes one interval after the start; a run that takes longer than
// the interval delays the next one, and missed ones are not made up for.
struct Periodic {
    std::string name;  // for the log
    std::chrono::nanoseconds interval{};
    std::function<Task<>()> work;
};

// Repeats until `group` stops. A run that throws is logged and the next one comes all the same. On the
// group's loop.
void start_periodic(TaskGroup& group, Periodic periodic);

// When the run after one that was due at `due` and ended at `now` is due: on the grid of the interval, in the
// future.
std::chrono::nanoseconds next_due(std::chrono::nanoseconds due, std::chrono::nanoseconds now,
                                  std::chrono::nanoseconds interval);

}  // namespace nightshift::io
