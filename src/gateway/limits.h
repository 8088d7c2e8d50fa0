#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/caller.h"
#include "gateway/limit_counter.h"
#include "gateway/limit_store.h"
#include "gateway/settings.h"
#include "io/task.h"
#include "store/writer.h"

namespace nightshift::gateway {

using CounterPtr = std::shared_ptr<LimitCounter>;

// What a call holds of all limits that apply to it, until it is settled.
struct Reservation {
    std::vector<CounterPtr> counters;
    Amount amount;
};

// A call that may not go: which limit, and when it may.
struct Refused {
    std::string limit;
    std::string subject;
    LimitWindow window = LimitWindow::kDay;
    bool is_requests = false;  // the number of calls, not what they use
    milliseconds retry_after{0};
};

// A loop's memory of counters it has met, so that finding them takes no lock.
using LimitCache = std::unordered_map<std::string, CounterPtr>;

// All limits: finds the counters of a caller, reserves on all of them or on none, and keeps them durable.
// Safe from any thread; the lock is taken only when a counter is met for the first time on a loop in its
// window.
class Limits {
public:
    static constexpr size_t kCountersMax = 200'000;  // beyond it, calls of new subjects are refused

    // `writer` must outlive it.
    static Result<std::unique_ptr<Limits>> open(std::vector<LimitSpec> specs, store::Writer& writer,
                                                Time now);

    // Other limits. Those that keep their name, scope, subject and window go on with what was used of them.
    void reload(std::vector<LimitSpec> specs);
    // The counters that count this caller's calls of `route`. kLimit when there are too many.
    Result<std::vector<CounterPtr>> find(LimitCache& cache, const Caller& caller, std::string_view route,
                                         Time now);
    // Reserves on all or none; waits for the disk when a counter needs its next block.
    Task<std::optional<Refused>> reserve(Reservation& reservation, Time now);
    // More for a call that runs already, without waiting. False: not enough is left.
    bool extend(Reservation& reservation, const Amount& more);
    // Ends the reservation; tells `warn` of soft thresholds that were crossed.
    using Warn = std::function<void(const LimitCounter&, int percent)>;
    void settle(Reservation& reservation, const Amount& actual, const Warn& warn);

    // Counters of windows that have not ended, fullest first, at most `count`.
    std::vector<CounterPtr> fullest(Time now, size_t count) const;
    // Writes what was truly used. Blocking.
    void close();

private:
    Limits(std::vector<LimitSpec> specs, store::Writer& writer);
    Result<CounterPtr> counter(const LimitSpec& spec, const std::string& key, const std::string& subject,
                               Time now);
    void drop_ended(Time now);
    std::optional<Refused> try_reserve(Reservation& reservation, Time now,
                                       std::vector<CounterPtr>& uncovered);
    void cover_ahead(const CounterPtr& counter);

    store::Writer& writer_;
    mutable std::mutex mutex_;
    std::deque<std::vector<LimitSpec>> generations_;  // kept: counters and calls point into them
    std::atomic<const std::vector<LimitSpec>*> specs_;
    std::unordered_map<std::string, CounterPtr> counters_;
    std::map<std::string, Amount> stored_;  // from before the start, by key and window
};

}  // namespace nightshift::gateway
