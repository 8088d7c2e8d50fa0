#pragma once

#include <chrono>

#include "base/clock.h"

namespace nightshift::delivery {

// At most `burst` at once and then one each `interval`; an interval of 0 does not limit.
struct PaceLimit {
    std::chrono::milliseconds interval{0};
    int burst = 1;
};

// When a channel may send next: a provider's published rate, and the pauses it asks for. Pure.
class Pace {
public:
    explicit Pace(PaceLimit limit) : limit_(limit) {}

    // The earliest time the next send may start, not before `now`. A clock that jumped back does not make it
    // wait for longer than the limit or the pause would.
    Time earliest(Time now) const;
    void take(Time now);
    // The provider asked us to wait; the longer of two pauses holds.
    void pause(Time now, std::chrono::microseconds length);
    // The pause asked for, if it has not passed.
    bool is_paused(Time now) const { return pause_end(now) > now; }
    Time pause_end(Time now) const;

private:
    PaceLimit limit_;
    Time full_at_;  // when, at the limit's rate, all that was sent will have been due
    Time paused_at_;
    std::chrono::microseconds pause_{0};
};

}  // namespace nightshift::delivery
