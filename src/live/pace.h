#pragma once

#include <chrono>
#include <cstdint>

#include "live/types.h"

namespace nightshift::live {

// How fast one client reads, and what follows from it. Pure.
//
//     behind --caught up--> live --queue over the limit--> behind       (any) --takes nothing for long-->
//     stalled
//
// A client starts behind: what it misses is its snapshot, or the deltas since its token.
class Pace {
public:
    explicit Pace(Instant now) : progress_at_(now) {}

    bool is_live() const { return is_live_; }
    void become_live() { is_live_ = true; }
    void fall_behind() { is_live_ = false; }

    // Whether `bytes` more may be queued for one who has not yet taken `queued` bytes. One batch of any size
    // is allowed when nothing waits: its bytes are shared, and a snapshot may be larger than any queue.
    static bool has_room(size_t queued, size_t bytes, size_t queued_max) {
        return queued == 0 || queued + bytes <= queued_max;
    }

    void offered(uint64_t bytes) { offered_total_ += bytes; }

    // Notes that `queued` bytes of what was offered wait now.
    void observe(Instant now, uint64_t queued) {
        uint64_t taken = offered_total_ - (queued < offered_total_ ? queued : offered_total_);
        if (queued == 0 || taken != taken_total_) progress_at_ = now;
        taken_total_ = taken;
    }
    bool is_stalled(Instant now, std::chrono::milliseconds stalled_after) const {
        return now - progress_at_ >= stalled_after;
    }

private:
    bool is_live_ = false;
    uint64_t offered_total_ = 0;
    uint64_t taken_total_ = 0;
    Instant progress_at_;
};

}  // namespace nightshift::live
