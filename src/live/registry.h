#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "live/topic.h"
#include "live/types.h"

namespace nightshift::live {

// All topics of all tenants. A state topic exists from its first item or reader on. A log topic exists only
// while somebody reads it or may still come back to it: nobody pays for a log that no one watches. Safe from
// any thread.
class Registry {
public:
    struct Limits {
        TopicLimits topic;
        size_t logs_max = 10'000;  // clients make them by naming them; state topics are as many as tenants
        size_t ring_bytes_total_max = 256u << 20;
    };

    explicit Registry(Limits limits) : limits_(limits) {}

    // Publishing; unknown names are a bug of the caller. True when a tick is due that was not before.
    bool put(std::string_view tenant, std::string_view name, std::string_view key, std::string item);
    bool remove(std::string_view tenant, std::string_view name, std::string_view key);
    bool append(std::string_view tenant, std::string_view name, std::string item);

    // Whether a log topic exists, which is: somebody reads it, or left it less than the ring's age ago.
    bool is_watched(std::string_view tenant, std::string_view name) const;

    // One more reader. kLimit when there are too many topics and all are read; kInvalid for an unknown name.
    Result<std::shared_ptr<Topic>> acquire(std::string_view tenant, std::string_view name);
    // One reader less. True when it was the last: expire() has work after the ring's age.
    bool release(std::string_view tenant, std::string_view name, Instant now);

    // Makes deltas of what changed, and keeps all rings together under their limit. False when nothing
    // changed.
    bool freeze(Instant now);
    // Forgets what nobody came back to. When to call again, if there is more to forget later.
    std::optional<Instant> expire(Instant now);

    size_t topics() const;
    uint64_t ring_bytes() const { return static_cast<uint64_t>(std::max<int64_t>(0, ring_bytes_total_)); }
    uint64_t dropped_total() const;

private:
    struct Slot {
        std::shared_ptr<Topic> topic;
        uint32_t readers = 0;
        std::optional<Instant> unread_since;  // was read, and is not any more
    };
    using Topics = std::unordered_map<std::string, Slot, TextHash, std::equal_to<>>;

    Slot* find(std::string_view tenant, std::string_view name);
    const Slot* find(std::string_view tenant, std::string_view name) const;
    std::shared_ptr<Topic> find_or_create_state(std::string_view tenant, std::string_view name);
    Slot& create(std::string_view tenant, std::string_view name, TopicKind kind);
    bool evict_longest_unread();
    void forget(Slot& slot);
    bool note_dirty(std::shared_ptr<Topic> topic);
    void trim_rings(Instant now);

    const Limits limits_;
    std::atomic<int64_t> ring_bytes_total_{0};
    std::atomic<uint32_t> logs_{0};  // so that is_watched() is one load while nobody watches

    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, Topics, TextHash, std::equal_to<>> tenants_;
    size_t topics_ = 0;
    uint64_t next_seq_ = 0;        // where a new topic starts: after every seq a forgotten one has reached
    uint64_t dropped_before_ = 0;  // by forgotten topics

    std::mutex dirty_mutex_;
    std::vector<std::shared_ptr<Topic>> dirty_;
};

}  // namespace nightshift::live
