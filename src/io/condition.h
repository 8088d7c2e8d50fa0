#pragma once

#include <vector>

#include "io/task.h"

namespace nightshift::io {

// Lets coroutines of one loop wait for a change that another coroutine of the same loop announces. Check the
// state in a loop around wait(). Must outlive its waiters. Costs nothing while nobody waits.
class Condition {
public:
    Condition() = default;
    Condition(const Condition&) = delete;
    Condition& operator=(const Condition&) = delete;
    ~Condition();

    // Returns after the next notify_all(). Throws when cancelled.
    Task<> wait();
    // The waiters continue after the caller has returned to the loop.
    void notify_all();

private:
    struct Waiter;
    std::vector<Waiter*> waiters_;
};

}  // namespace nightshift::io
