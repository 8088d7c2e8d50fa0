#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "io/task.h"

namespace nightshift::io {

// Suspends until wake() was called, on the loop of the waiting coroutine. wake() may come from any thread,
// before or after wait(), once. Cancelling the wait is allowed; a later wake() is then without effect.
class Signal {
public:
    Signal();
    Task<> wait();
    void wake() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

// Turns a callback interface into an awaitable: `start` receives a `done` function that may be called once,
// from any thread, also before `start` returns; the coroutine continues with its value on its own loop.
template <class T>
Task<T> completion(std::function<void(std::function<void(T)>)> start) {
    auto value = std::make_shared<std::optional<T>>();
    Signal signal;
    std::function<void(T)> done = [value, signal](T result) {
        value->emplace(std::move(result));
        signal.wake();
    };
    start(std::move(done));
    co_await signal.wait();
    co_return std::move(**value);
}

}  // namespace nightshift::io
