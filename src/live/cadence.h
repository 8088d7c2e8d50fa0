#pragma once

#include <chrono>
#include <cstdint>

#include "live/types.h"

namespace nightshift::live {

// What the hub's loops have to do.
struct Load {
    std::chrono::nanoseconds round_cost{0};  // what the busiest loop needs to reach all its clients once
    uint64_t joined_total = 0;               // clients so far
};

// When ticks come, and to which clients. Changes are gathered for two fifths of the interval; for longer when
// a loop needs much of that time to reach all its clients, which leaves it a third for other work, or three
// quarters while many connect. Where reaching all takes long, a tick goes to one part of the clients, in
// turn: nobody waits for all others, and the loop is never away for long. Pure; used on one loop.
class Cadence {
public:
    explicit Cadence(std::chrono::nanoseconds interval) : interval_(interval), spacing_(interval * 2 / 5) {}

    // When to tick next, given that something is to be sent.
    Instant schedule(Instant now);
    // It is that time, or a little later. The parts to send to now, a bit for each; 0 when all have
    // everything. `has_news`: something new was frozen.
    uint32_t tick(Instant now, bool has_news, const Load& load);
    // Some parts have not been sent what was frozen: schedule() again.
    bool is_behind() const { return parts_behind_ > 0; }

private:
    void choose_spacing(const Load& load);

    const std::chrono::nanoseconds interval_;
    std::chrono::nanoseconds spacing_;
    bool is_staggered_ = false;
    Instant due_at_{};
    Instant ticked_at_{};
    uint32_t next_part_ = 0;
    uint32_t parts_behind_ = 0;
    Instant counted_at_{};
    uint64_t joined_before_ = 0;  // at counted_at_
    bool is_storm_ = false;
};

}  // namespace nightshift::live
