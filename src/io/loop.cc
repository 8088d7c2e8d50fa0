#include "io/loop.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <future>
#include <thread>

#include "base/assert.h"
#include "base/log.h"

namespace nightshift::io {

namespace asio = boost::asio;

struct Loop::State {
    explicit State(std::string loop_name) : name(std::move(loop_name)) {}

    void run() {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        // One handler that throws is a bug of its own; the others on this loop go on.
        while (!context.stopped()) {
            try {
                context.run();
            } catch (const std::exception& error) {
                log::error("io", "a handler on loop {} threw: {}", name, error.what());
            }
        }
    }

    std::string name;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

Loop::Loop(std::string name) : state_(std::make_unique<State>(std::move(name))) {
    std::promise<void> is_running;
    auto running = is_running.get_future();
    // `thread` is read by is_current() from handlers, so nothing runs before it is set.
    auto& state = *state_;
    state.thread = std::thread([&state, ready = std::move(running)]() mutable {
        ready.wait();
        state.run();
    });
    is_running.set_value();
}

Loop::~Loop() {
    stop();
}

void Loop::post(std::function<void()> work) {
    asio::post(state_->context, std::move(work));
}

bool Loop::is_current() const {
    return state_->context.get_executor().running_in_this_thread();
}

void Loop::stop() {
    if (!state_->thread.joinable()) return;
    NS_ASSERT(!is_current());
    state_->context.stop();
    state_->thread.join();
}

asio::io_context& Loop::context() {
    return state_->context;
}

Task<> sleep_for(std::chrono::nanoseconds duration) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, duration);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace nightshift::io
