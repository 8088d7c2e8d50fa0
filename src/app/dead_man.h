#pragma once

#include <mutex>
#include <optional>

#include "api/system.h"
#include "app/config.h"
#include "base/clock.h"
#include "delivery/service.h"
#include "io/loop.h"
#include "io/task_group.h"
#include "store/writer.h"

namespace nightshift::app {

// The message "I can still reach you": who stops hearing it knows that nobody would be told of anything, and
// a message without a receipt shows in System. Lives on one loop.
class DeadMan {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        const Clock& clock;
        store::Writer& writer;
        delivery::Service& deliveries;
    };
    DeadMan(Parts parts, Config::DeadMan settings);

    // On the loop, all four. The first message is sent one interval after the start.
    void start();
    Task<> stop();
    void reload(Config::DeadMan settings) { settings_ = std::move(settings); }
    // Sends the message if it is due.
    Task<> look();

    // Whether the delivery was one of its messages; it then knows what became of it. Any thread.
    bool take(const delivery::Delivery& delivery);
    // The last message did not arrive. Any thread.
    std::optional<api::Failing> failing() const;

private:
    Parts parts_;
    Config::DeadMan settings_;
    Time last_sent_;
    io::TaskGroup tasks_;
    mutable std::mutex mutex_;
    std::optional<api::Failing> failing_;  // under the mutex
};

}  // namespace nightshift::app
