#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "live/client.h"
#include "live/registry.h"
#include "live/types.h"
#include "net/stream.h"

namespace nightshift::live {

// What all shards count; see Stats in hub.h.
struct Counters {
    std::atomic<uint64_t> clients{0};
    std::atomic<uint64_t> clients_total{0};
    std::atomic<uint64_t> resumed_total{0};
    std::atomic<uint64_t> snapshots_total{0};
    std::atomic<uint64_t> fell_behind_total{0};
    std::atomic<uint64_t> stalled_total{0};
    std::atomic<uint64_t> frames_total{0};
};

struct ShardOptions {
    std::string epoch;
    std::string version;
    std::chrono::milliseconds interval{100};
    size_t queue_bytes_max = 256u << 10;
    size_t missed_bytes_max = 1u << 20;  // a client that fell behind by more gets a snapshot
    std::chrono::milliseconds stalled_after{10'000};
    uint32_t parts = kParts;  // at most kParts; clients enter them in turn
};

// The clients of one loop and what they get. Used only on that loop; knows neither timers nor sockets, so
// that simulations run it as it is. Never waits: what a client does not take now it gets at a later sweep().
class Shard {
public:
    Shard(Registry& registry, ShardOptions options, Counters& counters);
    ~Shard();

    // Takes a new client and welcomes it. `stream` must live until remove(). kLimit: no more topics.
    Result<Client*> add(net::ByteStream& stream, const Subscription& want, Client::Close close, Instant now,
                        int64_t server_time_ms);
    void remove(Client* client, Instant now);
    // A message from a client. A wrong topic is answered with an error; what is no command, or too many of
    // them, closes it.
    void command(Client* client, std::string_view text, Instant now);

    // Sends what became frozen since the part's last tick to the clients of one part (below kParts).
    void tick(uint32_t part, Instant now);
    // Goes on with slow clients that have read, and closes those that do not. Call it often while
    // needs_sweep().
    void sweep(Instant now);
    bool needs_sweep() const { return !watched_.empty(); }
    // Something small to everybody, so that dead peers and idle proxies are noticed.
    void keep_alive();
    // Tells all when to come back and closes them. `retry_ms` is called for each.
    void say_bye(const std::function<int64_t()>& retry_ms);

    size_t size() const { return clients_.size(); }
    // Bytes offered that the kernel has not taken, as of the last tick or sweep. Any thread.
    uint64_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
    // Whether a topic lost its last reader since the last call.
    bool take_unread() { return std::exchange(has_unread_, false); }

private:
    Result<Group*> enter_group(const std::string& tenant, const std::vector<std::string>& topics,
                               Transport transport, Instant now);
    void leave_group(Client& client, Instant now);
    void welcome(Client& client, const std::string& since, Instant now, int64_t server_time_ms);
    Welcome build_welcome(const Group& group, const std::string& since, Instant now,
                          int64_t server_time_ms) const;
    bool is_within_rate(Client& client, Instant now) const;
    Result<std::vector<std::string>> topics_after(const Client& client, std::string_view text) const;
    void move_to_group(Client& client, Group* group, Instant now);
    void catch_up(Client& client, Instant now);
    bool join(Client& client, Instant now);
    void advance_group(Group& group, Instant now);
    void fall_behind(Client& client, const std::vector<Cursor>& place);
    void drop_member(Client& client);
    void offer(Client& client, const Pieces& pieces, uint32_t messages, Instant now);
    void tell(Client& client, std::string_view type, std::string_view json, Instant now);
    void watch(Client& client);
    void close(Client& client, uint16_t code, std::string_view reason);
    void count(const Advanced& advanced);

    Registry& registry_;
    const ShardOptions options_;
    Counters& counters_;
    std::unordered_map<std::string, std::unique_ptr<Group>> groups_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<Client*> watched_;  // those with bytes queued, or behind
    std::deque<Welcome> welcomes_;  // the newest, at most kWelcomesMax
    uint32_t next_part_ = 0;        // of the next client
    bool has_unread_ = false;
    std::atomic<uint64_t> queued_bytes_{0};
};

}  // namespace nightshift::live
