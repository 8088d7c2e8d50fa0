#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "io/loop.h"
#include "io/task.h"
#include "live/alarm.h"
#include "live/shard.h"
#include "net/stream.h"
#include "net/websocket.h"

namespace nightshift::live {

// One loop's part of the hub: the shard with its clients, the timers that drive it and the coroutines of its
// connections. Everything but the constructor and size() runs on the loop.
class Host {
public:
    struct Hooks {
        std::function<void()> on_unread;  // a topic lost its last reader
        std::function<void()> on_empty;   // the last client of this loop left
    };

    Host(io::Loop& loop, Registry& registry, ShardOptions options, Counters& counters, const Clock& clock,
         Hooks hooks);

    io::Loop& loop() { return loop_; }
    // Any thread.
    uint64_t queued_bytes() const { return shard_.queued_bytes(); }
    bool has_clients() const { return size_.load(std::memory_order_relaxed) > 0; }

    // Serve one connection until it ends.
    Task<> serve_socket(const Subscription& want, net::WebSocket& socket);
    Task<> serve_stream(const Subscription& want, net::ByteStream& stream);

    // Sends what became frozen to the clients of these parts (a bit for each), on the loop, soon. Any thread.
    void tick_soon(uint32_t parts, std::shared_ptr<void> keep_alive);
    // How long it took lately to reach every client once. Any thread.
    std::chrono::nanoseconds round_cost() const { return std::chrono::nanoseconds(round_cost_ns_.load()); }
    void say_bye(const std::function<int64_t()>& retry_ms);
    // No timer fires afterwards.
    void stop_timers();

private:
    class Closing;
    class Membership;

    Result<Client*> add(net::ByteStream& stream, const Subscription& want, Closing& closing);
    void remove(Client* client);
    void tick();
    void after_work();
    void sweep();
    void keep_alive();

    io::Loop& loop_;
    const Clock& clock_;
    const std::chrono::milliseconds sweep_every_;
    const Hooks hooks_;
    Shard shard_;
    std::atomic<size_t> size_{0};
    std::atomic<uint32_t> due_parts_{0};
    std::array<std::chrono::nanoseconds, kParts> part_costs_{};
    std::atomic<int64_t> round_cost_ns_{0};
    std::optional<Alarm> sweep_alarm_;
    std::optional<Alarm> keep_alive_alarm_;
};

}  // namespace nightshift::live
