#include "jobs/supervisor/wakeup.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace nightshift::jobs {

namespace asio = boost::asio;

struct Wakeup::State {
    explicit State(io::Loop& loop) : timer(loop.context()) {}
    asio::steady_timer timer;
    bool is_woken = false;
};

Wakeup::Wakeup(io::Loop& loop) : state_(std::make_unique<State>(loop)) {}

Wakeup::~Wakeup() = default;

Task<> Wakeup::wait(std::optional<milliseconds> at_most) {
    if (!state_->is_woken) {
        if (at_most) {
            state_->timer.expires_after(*at_most);
        } else {
            state_->timer.expires_at(asio::steady_timer::time_point::max());
        }
        auto [error] = co_await state_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error && !state_->is_woken) throw boost::system::system_error(asio::error::operation_aborted);
    }
    state_->is_woken = false;
}

void Wakeup::wake() {
    state_->is_woken = true;
    state_->timer.cancel();
}

}  // namespace nightshift::jobs
