#pragma once

#include <cstdint>
#include <vector>

namespace nightshift::fleet {

// How a pattern repeats in time: one entry for each step from a repetition to the next, oldest first.
struct Spacing {
    std::vector<uint32_t> interval_ms;  // start to start
    std::vector<uint32_t> rest_ms;      // of it, nothing ran, or a call that took long enough to be a wait
    bool burns_tokens = false;
};

// Whether the repetitions are somebody waiting: they rest in between, back off, or come by a timer without a
// model.
bool is_polling(const Spacing& spacing, uint32_t rest_min_ms);

// Whether the last rests grow like a retry's back-off.
bool is_backing_off(const std::vector<uint32_t>& rest_ms);

}  // namespace nightshift::fleet
