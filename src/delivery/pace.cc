#include "delivery/pace.h"

#include <algorithm>

namespace nightshift::delivery {

Time Pace::pause_end(Time now) const {
    // A pause that began in the future means that the clock was set back: it begins now.
    return std::min(paused_at_, now) + pause_;
}

Time Pace::earliest(Time now) const {
    Time free = std::max(now, pause_end(now));
    if (limit_.interval.count() == 0) return free;
    Time full_at = std::min(full_at_, now + limit_.interval * limit_.burst);
    return std::max(free, full_at - limit_.interval * (limit_.burst - 1));
}

void Pace::take(Time now) {
    Time full_at = std::min(full_at_, now + limit_.interval * limit_.burst);
    full_at_ = std::max(full_at, now) + limit_.interval;
}

void Pace::pause(Time now, std::chrono::microseconds length) {
    if (now + length <= pause_end(now)) return;
    paused_at_ = now;
    pause_ = length;
}

}  // namespace nightshift::delivery
