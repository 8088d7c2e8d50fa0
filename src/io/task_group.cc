#include "io/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <list>

#include "base/assert.h"
#include "base/log.h"
#include "io/condition.h"

namespace nightshift::io {

namespace asio = boost::asio;

namespace {

struct Running {
    std::function<Task<>()> task;
    asio::cancellation_signal cancel;
};

void report(const std::string& group, const std::exception_ptr& error) {
    if (!error) return;
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system) {
        if (system.code() == asio::error::operation_aborted) return;
        log::error("io", "a task of {} ended by an exception: {}", group, system.what());
    } catch (const std::exception& other) {
        log::error("io", "a task of {} ended by an exception: {}", group, other.what());
    } catch (...) {
        log::error("io", "a task of {} ended by an unknown exception", group);
    }
}

}  // namespace

struct TaskGroup::State {
    State(Loop& owner, std::string group_name) : loop(owner), name(std::move(group_name)) {}

    Loop& loop;
    std::string name;
    std::list<Running> running;
    bool is_stopping = false;
    Condition emptied;
};

TaskGroup::TaskGroup(Loop& loop, std::string name) : state_(std::make_shared<State>(loop, std::move(name))) {}

TaskGroup::~TaskGroup() {
    NS_ASSERT(state_->running.empty());
}

void TaskGroup::spawn(std::function<Task<>()> task) {
    NS_ASSERT(state_->loop.is_current());
    if (state_->is_stopping) return;
    auto entry = state_->running.emplace(state_->running.end());
    entry->task = std::move(task);
    auto ended = [state = state_, entry](const std::exception_ptr& error) {
        report(state->name, error);
        // Later, because this runs inside the last frame of what is to be erased.
        asio::post(state->loop.context(), [state, entry] {
            state->running.erase(entry);
            if (state->running.empty()) state->emptied.notify_all();
        });
    };
    asio::co_spawn(state_->loop.context(), entry->task(),
                   asio::bind_cancellation_slot(entry->cancel.slot(), std::move(ended)));
}

Task<> TaskGroup::stop() {
    auto state = state_;
    NS_ASSERT(state->loop.is_current());
    state->is_stopping = true;
    for (auto& running : state->running) running.cancel.emit(asio::cancellation_type::all);
    while (!state->running.empty()) co_await state->emptied.wait();
}

size_t TaskGroup::size() const {
    return state_->running.size();
}

}  // namespace nightshift::io
