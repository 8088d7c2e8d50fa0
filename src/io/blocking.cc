#include "io/blocking.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/assert.h"

namespace nightshift::io {

void run_blocking(Loop& loop, std::function<Task<>()> task) {
    NS_ASSERT(!loop.is_current());
    auto ended = boost::asio::co_spawn(loop.context(), task(), boost::asio::use_future);
    ended.get();
}

}  // namespace nightshift::io
