#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "io/task.h"

namespace boost::asio {
class io_context;
}

namespace nightshift::io {

// One thread and its event loop. What lives on a loop is touched only from it; others post().
// Destruction stops the loop and joins the thread.
class Loop {
public:
    // `name` shows in top and in debuggers; at most 15 characters. The thread starts at once.
    explicit Loop(std::string name);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Runs `work` on the loop's thread, after what was posted before. Any thread.
    void post(std::function<void()> work);
    // Whether the caller runs on this loop.
    bool is_current() const;
    // Stops taking work and joins the thread; handlers not yet run are dropped. Not from the loop itself.
    void stop();

    boost::asio::io_context& context();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Suspends the calling coroutine for at least `duration`, on its own loop. Throws when cancelled.
Task<> sleep_for(std::chrono::nanoseconds duration);

}  // namespace nightshift::io
