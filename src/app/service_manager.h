#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace nightshift::app {

// The systemd notification protocol (sd_notify(3)): one datagram to $NOTIFY_SOCKET. Without that variable
// nothing happens.
void notify_service_manager(std::string_view state);

// How often WATCHDOG=1 must be sent, from $WATCHDOG_USEC; half of it, as sd_watchdog_enabled(3) advises.
// Nothing: no watchdog.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace nightshift::app
