#include "io/condition.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace nightshift::io {

namespace asio = boost::asio;

// A timer that never fires is Asio's own way to park a coroutine: cancelling it resumes.
struct Condition::Waiter {
    Waiter(Condition& owner, const asio::any_io_executor& executor)
        : condition(&owner), timer(executor, asio::steady_timer::time_point::max()) {
        condition->waiters_.push_back(this);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() {
        if (condition != nullptr) std::erase(condition->waiters_, this);
    }

    Condition* condition;  // null once notified
    asio::steady_timer timer;
};

Condition::~Condition() {
    notify_all();
}

Task<> Condition::wait() {
    auto executor = co_await asio::this_coro::executor;
    Waiter waiter(*this, executor);
    co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiter.condition != nullptr) throw boost::system::system_error(asio::error::operation_aborted);
}

void Condition::notify_all() {
    for (auto* waiter : waiters_) {
        waiter->condition = nullptr;
        waiter->timer.cancel();
    }
    waiters_.clear();
}

}  // namespace nightshift::io
