#pragma once

#include <boost/asio/awaitable.hpp>

namespace nightshift {

// A coroutine on a Loop. Cancelled by the TaskGroup that owns it; see io/task_group.h.
template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace nightshift
