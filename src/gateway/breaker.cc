#include "gateway/breaker.h"

#include <algorithm>

namespace nightshift::gateway {
namespace {

int64_t slot_number(Instant now, size_t slots) {
    return now.time_since_epoch() / (Breaker::kWindow / static_cast<int64_t>(slots));
}

}  // namespace

Breaker::State Breaker::state(Instant now) const {
    if (!is_open_) return State::kClosed;
    return now < open_until_ ? State::kOpen : State::kHalfOpen;
}

bool Breaker::would_admit(Instant now) const {
    if (!is_open_) return true;
    if (now < open_until_) return false;
    return !has_probe_ || now - probe_started_ > kProbeMax;
}

bool Breaker::admit(Instant now) {
    if (!would_admit(now)) return false;
    if (is_open_) {
        has_probe_ = true;
        probe_started_ = now;
    }
    return true;
}

Instant Breaker::again_at(Instant now) const {
    if (would_admit(now)) return now;
    // While a probe is under way nobody knows; a second is an honest guess.
    return std::max(open_until_, now + std::chrono::seconds(1));
}

uint32_t Breaker::failures(Instant now) const {
    const int64_t newest = slot_number(now, kSlots);
    uint32_t total = 0;
    for (const Slot& slot : slots_) {
        if (slot.number > newest - static_cast<int64_t>(kSlots)) total += slot.failures;
    }
    return total;
}

void Breaker::open(Instant now) {
    open_for_ = is_open_ ? std::min(open_for_ * 2, kOpenMax) : kOpenMin;
    is_open_ = true;
    has_probe_ = false;
    open_until_ = now + open_for_;
}

void Breaker::on_failure(Instant now, uint32_t successes) {
    const int64_t number = slot_number(now, kSlots);
    Slot& slot = slots_[static_cast<size_t>(number) % kSlots];
    if (slot.number != number) slot = {number, 0};
    ++slot.failures;
    ++consecutive_;
    if (is_open_) {
        // Calls that were under way when it opened say nothing new; the probe does.
        if (has_probe_) open(now);
        return;
    }
    const uint32_t failed = failures(now);
    const bool is_mostly_bad = failed + successes >= kCallsMin && failed > successes;
    if (consecutive_ >= kConsecutiveMax || is_mostly_bad) open(now);
}

void Breaker::on_success(Instant now) {
    consecutive_ = 0;
    // A late success of a call from before it opened does not close it; the probe's does.
    if (!is_open_ || now < open_until_) return;
    is_open_ = false;
    has_probe_ = false;
    open_for_ = kOpenMin;
    slots_ = {};
}

void Breaker::on_neutral() {
    has_probe_ = false;
}

}  // namespace nightshift::gateway
