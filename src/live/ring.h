#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "live/message.h"
#include "live/types.h"

namespace nightshift::live {

// What changed in a topic during one tick.
struct Delta {
    uint64_t seq = 0;
    uint64_t items_end = 0;   // log: items the topic ever got, with this delta's and the dropped ones
    uint64_t item_count = 0;  // log: items in this delta
    size_t items_offset = 0;  // log: where they stand in the message's JSON,
    size_t items_bytes = 0;   // and how long they are
    SharedMessage message;

    std::string_view items() const { return message->json().substr(items_offset, items_bytes); }
};

// The newest deltas of a topic, without gaps, for those who resume. Bounded by bytes and age; not
// thread-safe. Pure.
class Ring {
public:
    // `seq`: of the last delta before the first one that will be pushed.
    explicit Ring(uint64_t seq) : head_(seq) {}

    // `delta.seq` must be head() + 1.
    void push(Delta delta, Instant now);
    // Forgets the oldest until `bytes_max` fits and none is older than `age_max`.
    void trim(size_t bytes_max, Instant now, std::chrono::milliseconds age_max);
    // Forgets all; the next delta is `seq` + 1.
    void restart(uint64_t seq);

    uint64_t head() const { return head_; }
    uint64_t head_items_end() const { return head_items_end_; }  // log: Delta::items_end at the head
    size_t bytes() const { return bytes_; }

    // Bytes of the deltas after `seq`, or nothing when some of them are gone or `seq` never was.
    std::optional<size_t> bytes_after(uint64_t seq) const;
    // The deltas after `seq`, which must all be held, oldest first, until `bytes_max` is passed; at least one
    // if any.
    std::vector<Delta> after(uint64_t seq, size_t bytes_max) const;
    // The newest deltas, oldest first, that fit `bytes_max`.
    std::vector<Delta> tail(size_t bytes_max) const;

private:
    struct Entry {
        Delta delta;
        Instant at;
        uint64_t bytes_end;  // of all deltas ever pushed, this one included
    };

    uint64_t head_;
    uint64_t head_items_end_ = 0;
    uint64_t pushed_bytes_ = 0;
    size_t bytes_ = 0;
    std::deque<Entry> entries_;
};

}  // namespace nightshift::live
