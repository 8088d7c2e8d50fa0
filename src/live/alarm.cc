#include "live/alarm.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace nightshift::live {

struct Alarm::State {
    State(boost::asio::io_context& context, std::function<void()> on_ring)
        : timer(context), ring(std::move(on_ring)) {}

    boost::asio::steady_timer timer;
    std::function<void()> ring;
    bool is_set = false;
    uint64_t settings = 0;  // tells a ring that was on its way when the time was changed
};

Alarm::Alarm(io::Loop& loop, std::function<void()> ring)
    : state_(std::make_shared<State>(loop.context(), std::move(ring))) {}

Alarm::~Alarm() {
    state_->is_set = false;
    ++state_->settings;
    state_->timer.cancel();
}

bool Alarm::is_set() const {
    return state_->is_set;
}

void Alarm::set(Instant at) {
    state_->is_set = true;
    uint64_t setting = ++state_->settings;
    state_->timer.expires_at(at);
    // Weak, so that the timer does not outlive its loop in a handler that never runs.
    state_->timer.async_wait([weak = std::weak_ptr(state_), setting](const boost::system::error_code& error) {
        std::shared_ptr<State> state = weak.lock();
        if (error || !state || state->settings != setting) return;
        state->is_set = false;
        state->ring();
    });
}

}  // namespace nightshift::live
