#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace nightshift {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Wall-clock time, microseconds since the Unix epoch, UTC.
using Time = std::chrono::sys_time<microseconds>;

inline Time from_unix_us(int64_t us) {
    return Time(microseconds(us));
}
inline Time from_unix_ms(int64_t ms) {
    return Time(milliseconds(ms));
}
inline int64_t unix_us(Time time) {
    return time.time_since_epoch().count();
}
inline int64_t unix_ms(Time time) {
    return std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
}

// Where time comes from. Pure decisions take `now` as an argument; only the shell holds a Clock.
class Clock {
public:
    virtual ~Clock() = default;
    // Wall-clock time; it may jump.
    virtual Time now() const = 0;
};

class SystemClock final : public Clock {
public:
    Time now() const override { return std::chrono::floor<microseconds>(std::chrono::system_clock::now()); }
};

// A clock a test sets by hand, while other threads read it.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time start) : now_us_(unix_us(start)) {}
    Time now() const override { return from_unix_us(now_us_); }
    void advance(microseconds by) { now_us_ += by.count(); }
    void set(Time to) { now_us_ = unix_us(to); }

private:
    std::atomic<int64_t> now_us_;
};

}  // namespace nightshift
