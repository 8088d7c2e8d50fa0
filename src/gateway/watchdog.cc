#include "gateway/watchdog.h"

#include <algorithm>

namespace nightshift::gateway {

Watchdogs::Watchdogs(io::Loop& loop) : alarm_(loop, [this] { look(); }) {}

void Watchdogs::wake_by(Instant at) {
    if (at >= wakes_at_) return;
    wakes_at_ = at;
    alarm_.set(at);
}

// A bark may end other watchdogs, so the walk begins anew after each.
void Watchdogs::look() {
    const Instant now = std::chrono::steady_clock::now();
    wakes_at_ = Instant::max();
    for (Watchdog* each = first_; each != nullptr;) {
        if (each->at_ > now) {
            each = each->next_;
            continue;
        }
        each->at_ = Instant::max();
        each->has_barked_ = true;
        each->bark_();
        each = first_;
    }
    Instant earliest = Instant::max();
    for (Watchdog* each = first_; each != nullptr; each = each->next_)
        earliest = std::min(earliest, each->at_);
    if (earliest != Instant::max()) wake_by(std::max(earliest, now + kGrain));
}

Watchdog::Watchdog(Watchdogs& all, std::function<void()> bark)
    : all_(all), bark_(std::move(bark)), next_(all.first_) {
    if (next_ != nullptr) next_->previous_ = this;
    all_.first_ = this;
}

Watchdog::~Watchdog() {
    (previous_ != nullptr ? previous_->next_ : all_.first_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
}

void Watchdog::set(Instant at) {
    at_ = at;
    all_.wake_by(at);
}

}  // namespace nightshift::gateway
