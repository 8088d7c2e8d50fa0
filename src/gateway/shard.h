#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/random.h"
#include "gateway/accounting.h"
#include "gateway/lanes.h"
#include "gateway/limits.h"
#include "gateway/settings.h"
#include "gateway/upstreams.h"
#include "gateway/watchdog.h"

namespace nightshift::gateway {

// The settings in force and the state that belongs to them. Replaced as a whole when they change; calls under
// way end with the one they began with.
struct Plan {
    explicit Plan(Settings configured) : settings(std::move(configured)), lanes(settings) {}
    // Takes over what the plan before knows of its lanes.
    Plan(Settings configured, const Plan& before)
        : settings(std::move(configured)), lanes(settings, before.lanes) {}

    const Settings settings;
    mutable Lanes lanes;
};

// What one loop has seen of one lane.
struct LaneStats {
    uint64_t attempts = 0;
    uint64_t failures = 0;
    uint64_t input_tokens = 0;
    uint64_t output_tokens = 0;
    int64_t cost_nano_usd = 0;
    Histogram took_us;         // successes
    Histogram first_token_us;  // of streams

    void merge(const LaneStats& other);
};

// One call that the first choice did not answer.
struct FallbackNote {
    Time at;
    std::string route;
    std::string from;    // "groq/llama-3.3-70b"
    std::string reason;  // "rate_limit", "breaker_open" …
    std::string to;      // who answered; "" when nobody did
    std::string agent;
    std::string tenant;
};

struct ShardStats {
    uint64_t calls = 0;
    uint64_t failed_calls = 0;  // without an answer, by nobody's wish
    uint64_t fallbacks = 0;
    uint64_t broken_streams = 0;
    uint64_t cut_streams = 0;
    uint64_t gone_clients = 0;
    uint64_t refused_by_limits = 0;
    uint64_t streams_open = 0;
    std::vector<LaneStats> lanes;
    std::deque<FallbackNote> notes;  // newest last
};

// The gateway's part on one loop: what it touches without asking anybody. Used and destroyed on its loop, or
// after it has stopped.
struct Shard {
    Shard(io::Loop& on, const Clock& wall, Ledger::Sink sink, recorder::CountedCalls* counted)
        : loop(on),
          clock(wall),
          watchdogs(on),
          ledger(on, std::move(sink), counted),
          random(Random::seeded()) {}

    void note(FallbackNote note);
    std::string new_id(std::string_view prefix);

    io::Loop& loop;
    const Clock& clock;
    Watchdogs watchdogs;
    Ledger ledger;
    Random random;
    std::shared_ptr<const Plan> plan;
    Limits* limits = nullptr;  // null: they cannot be kept
    LimitCache limit_cache;
    StormWatch storms;
    std::unordered_map<std::string, Instant> loop_notes;  // when each caller's loop was last told of
    std::shared_ptr<Upstreams> upstreams;
    ShardStats stats;
};

}  // namespace nightshift::gateway
