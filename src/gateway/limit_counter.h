#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "gateway/settings.h"

namespace nightshift::gateway {

// What a call takes from a budget.
struct Amount {
    int64_t requests = 0;
    int64_t tokens = 0;
    int64_t nano_usd = 0;

    bool operator==(const Amount&) const = default;
};

// What one subject (an agent, a session …) has used of one limit in one window: reserved before a call,
// settled after it. Safe from any thread, without a lock: a reservation that would go over the ceiling is
// undone before anybody may act on it, so parallel calls never overshoot.
//
// Durable by running ahead: `covered` is what the database already counts as used, always a block more than
// is. A reservation beyond it has to wait for the next block, and a crash forgets nothing; it may count up to
// a block that was never used.
class LimitCounter {
public:
    // `spec` must outlive it.
    LimitCounter(const LimitSpec& spec, std::string subject, Time start, Time end, const Amount& used);

    enum class Answer { kYes, kNeedsCover, kNo };
    // kNeedsCover: reserved, but the call must not begin before cover() was written.
    Answer reserve(const Amount& amount);
    void release(const Amount& amount);
    // The call took `actual` instead. The highest soft threshold that was crossed by it, in percent.
    std::optional<int> settle(const Amount& reserved, const Amount& actual);

    // What to write so that the calls to come are covered.
    Amount cover() const;
    // It was written.
    void on_covered(const Amount& covered);
    // Whether it is time to write the next block, though nobody waits. True for one asker, until
    // on_covered().
    bool wants_cover();

    Amount used() const;
    // Other ceilings and thresholds for the same subject and window; `spec` must outlive the counter. What is
    // used and under way stays.
    void change(const LimitSpec& spec);
    const LimitSpec& spec() const { return *spec_.load(std::memory_order_acquire); }
    const std::string& subject() const { return subject_; }
    Time start() const { return start_; }
    Time end() const { return end_; }
    // Used of the ceiling, of the unit that is nearest to it; 0 to 1 and above.
    double share() const;

private:
    static constexpr size_t kUnits = 3;
    static constexpr int64_t kBlocks = 64;  // a block is this part of the ceiling
    using Units = std::array<int64_t, kUnits>;
    static Units units_of(const Amount& amount);
    static Amount amount_of(const Units& units);
    Units ceilings() const;  // 0: none
    double share_of(const Units& units) const;
    // The highest soft threshold that is crossed, in percent; 0: none.
    int crossed() const;

    std::atomic<const LimitSpec*> spec_;
    const std::string subject_;
    const Time start_;
    const Time end_;
    std::array<std::atomic<int64_t>, kUnits> used_{};
    std::array<std::atomic<int64_t>, kUnits> covered_{};
    std::atomic<bool> is_covering_{false};
    std::atomic<int> warned_{0};
};

}  // namespace nightshift::gateway
