#include "io/completion.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <mutex>

#include "base/assert.h"

namespace nightshift::io {

namespace asio = boost::asio;

// The timer belongs to the waiting frame, not to this state: a wake() that comes after the loop is gone must
// not reach into it.
struct Signal::State {
    std::mutex mutex;
    bool is_woken = false;
    asio::steady_timer* timer = nullptr;  // set while somebody waits

    // Leaves the state when the frame ends, also when the loop is destroyed under it.
    struct Waiting {
        Waiting(State& owner, asio::steady_timer& timer) : state(owner) { state.timer = &timer; }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;
        ~Waiting() {
            std::lock_guard lock(state.mutex);
            state.timer = nullptr;
        }
        State& state;
    };
};

Signal::Signal() : state_(std::make_shared<State>()) {}

Task<> Signal::wait() {
    auto state = state_;
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, asio::steady_timer::time_point::max());
    std::unique_lock lock(state->mutex);
    if (state->is_woken) co_return;
    NS_ASSERT(state->timer == nullptr);
    State::Waiting waiting(*state, timer);
    lock.unlock();
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    lock.lock();
    bool is_woken = state->is_woken;
    lock.unlock();
    if (!is_woken) throw boost::system::system_error(asio::error::operation_aborted);
}

void Signal::wake() const {
    std::lock_guard lock(state_->mutex);
    if (state_->is_woken) return;
    state_->is_woken = true;
    if (state_->timer == nullptr) return;
    auto resume = [state = state_] {
        std::lock_guard relock(state->mutex);
        if (state->timer != nullptr) state->timer->cancel();
    };
    asio::post(state_->timer->get_executor(), std::move(resume));
}

}  // namespace nightshift::io
