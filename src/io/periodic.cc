#include "io/periodic.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <memory>

#include "base/assert.h"
#include "base/log.h"
#include "io/loop.h"

namespace nightshift::io {
namespace {

std::chrono::nanoseconds steady_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

Task<> run_once(const Periodic& periodic) {
    try {
        co_await periodic.work();
    } catch (const boost::system::system_error& error) {
        if (error.code() == boost::asio::error::operation_aborted) throw;
        log::error("io", "{} threw: {}", periodic.name, error.what());
    } catch (const std::exception& error) {
        log::error("io", "{} threw: {}", periodic.name, error.what());
    }
}

Task<> repeat(std::shared_ptr<const Periodic> periodic) {
    auto due = steady_now() + periodic->interval;
    while (true) {
        co_await sleep_for(due - steady_now());
        co_await run_once(*periodic);
        due = next_due(due, steady_now(), periodic->interval);
    }
}

}  // namespace

std::chrono::nanoseconds next_due(std::chrono::nanoseconds due, std::chrono::nanoseconds now,
                                  std::chrono::nanoseconds interval) {
    if (now < due + interval) return due + interval;
    return due + ((now - due) / interval + 1) * interval;
}

void start_periodic(TaskGroup& group, Periodic periodic) {
    NS_ASSERT(periodic.interval.count() > 0);
    auto shared = std::make_shared<const Periodic>(std::move(periodic));
    group.spawn([shared] { return repeat(shared); });
}

}  // namespace nightshift::io
