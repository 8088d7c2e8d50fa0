#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/loop.h"
#include "io/task.h"

namespace nightshift::io {

// Owns coroutines that run on one loop. Used only on that loop; no work is ever detached from a group.
class TaskGroup {
public:
    // `name` appears in the log when a task ends by an exception, which means a bug.
    TaskGroup(Loop& loop, std::string name);
    // All tasks must have ended: call stop() first.
    ~TaskGroup();

    // Starts `task` on the loop. The function object lives until its coroutine ends, so captures are safe.
    void spawn(std::function<Task<>()> task);
    // Cancels every task and waits until all have ended. New tasks are refused from now on.
    Task<> stop();

    size_t size() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace nightshift::io
