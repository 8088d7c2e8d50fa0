#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "io/loop.h"
#include "io/task.h"

namespace nightshift::jobs {

// Lets one coroutine sleep until a time or until something happened, whichever is first. On one loop.
class Wakeup {
public:
    explicit Wakeup(io::Loop& loop);
    ~Wakeup();

    // Returns at once when wake() was called since the last return. Throws when cancelled.
    Task<> wait(std::optional<milliseconds> at_most);
    void wake();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::jobs
