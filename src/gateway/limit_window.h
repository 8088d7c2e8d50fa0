#pragma once

#include "base/clock.h"
#include "gateway/settings.h"

namespace nightshift::gateway {

// [start, end) of the calendar minute, hour, day or month (UTC) around `now`.
struct WindowBounds {
    Time start;
    Time end;
};
WindowBounds window_around(LimitWindow window, Time now);

}  // namespace nightshift::gateway
