#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "live/message.h"
#include "live/ring.h"
#include "live/topic_name.h"
#include "live/types.h"

namespace nightshift::live {

struct TopicLimits {
    size_t ring_bytes_max = 8u << 20;
    std::chrono::milliseconds ring_age_max{60'000};
    size_t tick_bytes_max = 128u << 10;  // log: items of one delta; those beyond it are dropped and counted
    size_t tail_bytes_max = kTailBytesMax;  // log: how much of the ring a snapshot shows
};

// All of a topic at one seq, encoded once for everybody.
struct Snapshot {
    uint64_t seq = 0;
    uint64_t items_end = 0;   // log: as Delta::items_end
    uint64_t item_count = 0;  // log: items shown
    SharedMessage message;
};

// What a reader has not got yet, or the first part of it.
struct Missed {
    std::vector<Delta> deltas;
    uint64_t items_end = 0;  // log: as Delta::items_end, behind these deltas
};

// One topic of one tenant: what it holds now, what changed since the last tick, and the newest deltas.
// Publishers and the loops' shards meet here, under a lock held for the time of a map lookup. Safe from any
// thread.
class Topic {
public:
    // `seq` is where the count starts: no token given out before may be newer. `ring_bytes_total` outlives
    // the topic and sums the rings of all topics.
    Topic(std::string name, TopicKind kind, uint64_t seq, TopicLimits limits,
          std::atomic<int64_t>& ring_bytes_total);
    ~Topic();

    const std::string& name() const { return name_; }
    const std::string& encoded_name() const { return encoded_name_; }  // percent-encoded, for tokens
    TopicKind kind() const { return kind_; }

    // Publishing. True when it is the first change since the last freeze, so that a tick is due. `item` is
    // one JSON value.
    bool put(std::string_view key, std::string item);
    bool remove(std::string_view key);
    bool append(std::string item);

    // Makes one delta of all changes since the last freeze. False when there was none.
    bool freeze(Instant now);
    // The seq of the last delta.
    uint64_t head() const { return head_.load(std::memory_order_acquire); }

    // The deltas after `seq` as long as they fit `bytes_max` (at least one if any); nothing when some are
    // gone, or when all together are more than `missed_bytes_max`.
    std::optional<Missed> deltas_after(uint64_t seq, size_t missed_bytes_max, size_t bytes_max) const;

    // A cached one when it is newer than kSnapshotEvery and the deltas since are held. `known_items_end`: how
    // far the reader of a log came before; the snapshot then says how many items it missed.
    Snapshot snapshot(Instant now, std::optional<uint64_t> known_items_end);

    // Nobody may resume from an untracked topic, so changes are not kept as deltas. Log topics are always
    // tracked.
    void set_tracked(bool is_tracked);
    void trim_ring(size_t bytes_max, Instant now);
    uint64_t dropped_total() const { return dropped_total_.load(std::memory_order_relaxed); }

private:
    struct CachedSnapshot {
        Snapshot snapshot;
        Instant built_at;
        std::string_view items;  // inside the message
        std::unordered_map<uint64_t, SharedMessage> with_dropped;
    };

    bool note_change(std::string_view key);
    bool freeze_locked(Instant now);
    bool is_fresh(const CachedSnapshot& cached, Instant now) const;
    void rebuild_snapshot(Instant now);
    void sync_totals();

    const std::string name_;
    const std::string encoded_name_;
    const TopicKind kind_;
    const TopicLimits limits_;
    std::atomic<int64_t>& ring_bytes_total_;
    std::atomic<uint64_t> head_;
    std::atomic<uint64_t> dropped_total_{0};

    mutable std::mutex mutex_;
    Ring ring_;
    size_t ring_bytes_counted_ = 0;
    bool is_tracked_ = false;
    std::unordered_map<std::string, net::SharedBytes, TextHash, std::equal_to<>> items_;  // state
    std::unordered_set<std::string, TextHash, std::equal_to<>> changed_;  // state: keys since the last freeze
    Items pending_;                                                       // log: items since the last freeze
    uint64_t pending_dropped_ = 0;
    uint64_t items_end_ = 0;

    std::mutex snapshot_mutex_;  // taken before mutex_; whoever builds lets the others wait for the result
    std::optional<CachedSnapshot> cached_;
};

}  // namespace nightshift::live
