#pragma once

#include <functional>
#include <memory>

#include "gateway/breaker.h"
#include "io/loop.h"
#include "live/alarm.h"

namespace nightshift::gateway {

class Watchdog;

// The deadlines of one loop, with one timer for all: moving a deadline further away, as every piece of a
// stream does, costs a store. Late by at most kGrain. Used and destroyed on its loop, or after it has
// stopped.
class Watchdogs {
public:
    static constexpr std::chrono::milliseconds kGrain{10};

    explicit Watchdogs(io::Loop& loop);
    Watchdogs(const Watchdogs&) = delete;
    Watchdogs& operator=(const Watchdogs&) = delete;

private:
    friend class Watchdog;
    void look();
    void wake_by(Instant at);

    live::Alarm alarm_;
    Instant wakes_at_ = Instant::max();
    Watchdog* first_ = nullptr;
};

// Calls `bark` once when its time has come. Must not outlive its Watchdogs.
class Watchdog {
public:
    Watchdog(Watchdogs& all, std::function<void()> bark);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    void set(Instant at);
    void clear() { at_ = Instant::max(); }
    bool has_barked() const { return has_barked_; }

private:
    friend class Watchdogs;
    Watchdogs& all_;
    std::function<void()> bark_;
    Instant at_ = Instant::max();
    bool has_barked_ = false;
    Watchdog* next_ = nullptr;
    Watchdog* previous_ = nullptr;
};

}  // namespace nightshift::gateway
