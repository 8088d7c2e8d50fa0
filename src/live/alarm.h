#pragma once

#include <functional>
#include <memory>

#include "io/loop.h"
#include "live/types.h"

namespace nightshift::live {

// Calls back once at a time set before. Used and destroyed on its loop, or after the loop has stopped.
class Alarm {
public:
    Alarm(io::Loop& loop, std::function<void()> ring);
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    bool is_set() const;
    // Replaces the time set before, if any.
    void set(Instant at);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace nightshift::live
