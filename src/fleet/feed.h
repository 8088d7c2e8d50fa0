#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "recorder/recorder.h"

namespace nightshift::fleet {

// The bounded queue between the recorder's thread and the fleet's loop. What does not fit is not kept: the
// recorder has it, and the loop reads it from there. Any thread.
class Feed {
public:
    struct Item {
        std::shared_ptr<const recorder::EventBatch> batch;
        recorder::Position position = 0;
        int64_t received_us = 0;
    };

    Feed(size_t events_max, size_t bytes_max) : events_max_(events_max), bytes_max_(bytes_max) {}

    // True when the reader has to be woken: the queue was empty, or has just overflowed.
    bool push(Item item) {
        const std::lock_guard lock(mutex_);
        const size_t events = item.batch->events.size();
        const size_t bytes = item.batch->bytes();
        // Once something was shed, all that follows is read back too: order is kept.
        if (has_shed_ || events_ + events > events_max_ || bytes_ + bytes > bytes_max_) {
            const bool was_shedding = has_shed_;
            has_shed_ = true;
            ++shed_batches_;
            return !was_shedding;
        }
        events_ += events;
        bytes_ += bytes;
        items_.push_back(std::move(item));
        return items_.size() == 1;
    }

    // The oldest, at least one if there is one, of at most `events` events; `has_more` says whether more
    // wait.
    std::vector<Item> pop(size_t events, bool* has_more) {
        const std::lock_guard lock(mutex_);
        std::vector<Item> taken;
        size_t count = 0;
        while (!items_.empty() && (taken.empty() || count + items_.front().batch->events.size() <= events)) {
            count += items_.front().batch->events.size();
            bytes_ -= items_.front().batch->bytes();
            taken.push_back(std::move(items_.front()));
            items_.pop_front();
        }
        events_ -= count;
        *has_more = !items_.empty();
        return taken;
    }

    // Whether batches were shed since the last call; from now on they are taken again.
    bool take_shed() {
        const std::lock_guard lock(mutex_);
        return std::exchange(has_shed_, false);
    }

    size_t queued_events() const {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    uint64_t shed_batches() const {
        const std::lock_guard lock(mutex_);
        return shed_batches_;
    }

private:
    const size_t events_max_;
    const size_t bytes_max_;
    mutable std::mutex mutex_;
    std::deque<Item> items_;
    size_t events_ = 0;
    size_t bytes_ = 0;
    bool has_shed_ = false;
    uint64_t shed_batches_ = 0;
};

}  // namespace nightshift::fleet
