#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace nightshift::gateway {

using Instant = std::chrono::steady_clock::time_point;

// Stops calls to what keeps failing: opens on five failures in a row, or when more than half of at least ten
// calls of the last 30 s failed. Stays open for 5 s, doubling to 60 s with each probe that fails; then it is
// half open and lets exactly one call through. Pure; not safe from two threads.
//
// Successes come as a sum over the window, so that on the way of a good call nobody needs to be told.
class Breaker {
public:
    enum class State { kClosed, kOpen, kHalfOpen };

    static constexpr uint32_t kConsecutiveMax = 5;
    static constexpr uint32_t kCallsMin = 10;
    static constexpr std::chrono::seconds kWindow{30};
    static constexpr std::chrono::seconds kOpenMin{5};
    static constexpr std::chrono::seconds kOpenMax{60};
    // A probe that was never answered for is forgotten after so long.
    static constexpr std::chrono::minutes kProbeMax{11};

    State state(Instant now) const;
    // Whether a call may go now. In the half-open state the first asker gets the probe.
    bool admit(Instant now);
    // Whether admit() would say yes.
    bool would_admit(Instant now) const;
    // When admit() will say yes again; `now` when it would already.
    Instant again_at(Instant now) const;

    // How an admitted call ended. `successes` of the last kWindow.
    void on_failure(Instant now, uint32_t successes);
    void on_success(Instant now);
    // Neither good nor bad: the client left. Frees the probe.
    void on_neutral();

    uint32_t consecutive() const { return consecutive_; }
    uint32_t failures(Instant now) const;
    // Whether a success would change anything.
    bool wants_success() const { return consecutive_ > 0 || is_open_; }

private:
    static constexpr size_t kSlots = 6;
    void open(Instant now);

    struct Slot {
        int64_t number = -1;  // of kWindow / kSlots
        uint32_t failures = 0;
    };
    std::array<Slot, kSlots> slots_{};
    uint32_t consecutive_ = 0;
    bool is_open_ = false;  // or half open
    bool has_probe_ = false;
    Instant open_until_{};
    Instant probe_started_{};
    std::chrono::seconds open_for_ = kOpenMin;
};

}  // namespace nightshift::gateway
