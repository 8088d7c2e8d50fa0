#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "recorder/memtable.h"
#include "recorder/snapshot.h"
#include "recorder/stats.h"

namespace nightshift::recorder {

// All rows as they are now: the memtable that grows, those frozen to be sealed, and the segments. Each row is
// in exactly one of them. Safe from any thread.
class View {
public:
    struct Unsealed {
        uint64_t rows = 0;
        size_t bytes = 0;       // of the growing memtable
        size_t partitions = 0;  // of it
        size_t frozen = 0;      // memtables
        int64_t first_arrival_us = 0;
        int64_t last_arrival_us = 0;
    };

    explicit View(std::vector<std::shared_ptr<Segment>> segments);

    // Adds a committed batch and returns the size of the growing memtable.
    size_t publish(const EventBatch& batch, const std::vector<bool>& is_derived, uint64_t first_row,
                   int64_t arrival_us);

    // Freezes the growing memtable, if it holds anything.
    void freeze();
    // The oldest frozen one, or nothing.
    std::shared_ptr<const Memtable> next_to_seal() const;
    // Replaces it, the oldest, by the segments it became.
    void sealed(std::vector<std::shared_ptr<Segment>> segments);
    // Takes segments out, and others in.
    void replace(const std::vector<std::shared_ptr<Segment>>& old,
                 std::vector<std::shared_ptr<Segment>> added);
    void remove(const Segment& segment);

    Snapshot snapshot(const std::string& tenant, int64_t from_us, int64_t to_us) const;
    Everything everything_after(uint64_t row) const;
    std::vector<std::shared_ptr<Segment>> segments() const;
    Unsealed unsealed() const;
    size_t unsealed_bytes() const;
    // Waits until less than `frozen_max` memtables wait for sealing; false when `timeout` passed first.
    bool wait_for_room(size_t frozen_max, std::chrono::milliseconds timeout);

private:
    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::shared_ptr<Memtable> growing_;
    std::deque<std::shared_ptr<const Memtable>> frozen_;
    std::map<std::string, std::vector<std::shared_ptr<Segment>>> segments_;  // by tenant folder
};

}  // namespace nightshift::recorder
