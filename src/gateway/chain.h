#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/breaker.h"
#include "gateway/error_table.h"
#include "gateway/settings.h"

namespace nightshift::gateway {

// Why a lane may not be used now.
enum class Refusal { kNone, kBreaker, kCooldown, kKeySetAside, kRateLimit };
std::string_view to_string(Refusal refusal);

struct Admission {
    Refusal refusal = Refusal::kNone;
    Instant again_at{};  // when it was refused
};

// What the chain asks of the state that all calls share.
class LaneView {
public:
    virtual ~LaneView() = default;
    // Whether `lane` may be used now for about so many tokens. Yes may take a half-open breaker's one probe:
    // the caller then makes the attempt. `is_last_resort` asks past breakers and cooldowns.
    virtual Admission admit(size_t lane, int64_t tokens, bool is_last_resort, Instant now) = 0;
    // Whether the provider's retry budget has one left; taken if so.
    virtual bool take_retry(size_t provider, Instant now) = 0;
};

inline constexpr size_t kTargetsMax = 16;  // of a route
inline constexpr size_t kKeysMax = 16;     // of a provider

// What of a call decides its way.
struct CallNeeds {
    int64_t input_estimate = 0;
    int64_t output_max = 0;
    bool is_stream = true;
    bool is_pinned = false;        // state at one provider: no other target
    bool must_keep_model = false;  // embeddings: vectors of two models do not mix
    uint16_t can_serve = 0xffff;   // a bit for each target
    std::string_view model;        // as the client named it; must outlive the chain
};

// A failed or skipped candidate, for headers, events and `route explain`.
struct TrailEntry {
    size_t target = 0;
    size_t key = 0;
    ErrorClass error_class = ErrorClass::kNone;  // kNone: it was not tried
    Refusal refusal = Refusal::kNone;
};

struct AttemptFailure {
    ErrorClass error_class = ErrorClass::kTransient;
    std::chrono::nanoseconds took{0};
    std::optional<milliseconds> retry_after;
};

// What to do now.
struct Step {
    enum class Kind { kAttempt, kWait, kGiveUp };
    Kind kind = Kind::kGiveUp;
    size_t target = 0;
    size_t key = 0;
    bool is_retry = false;
    milliseconds wait{0};  // kWait: then ask again
};

// How a chain ended without an answer.
struct Outcome {
    ErrorClass error_class = ErrorClass::kTransient;
    int status = 503;  // 0: the upstream's own, which belongs to `attempt`
    std::string_view code;
    std::optional<milliseconds> retry_after;
    bool was_tried = false;  // false: every target was refused before an attempt
};

// The machine that walks a route's targets for one call: asked for the next step, told of each failure. Pure:
// no clock, no I/O; what it must know of others it asks of a LaneView. `route` and `providers` must outlive
// it.
class Chain {
public:
    Chain(const Route& route, const std::vector<ProviderSpec>& providers, CallNeeds needs, Instant now,
          uint64_t random);

    Step next(LaneView& lanes, Instant now);
    void on_failure(const AttemptFailure& failure, LaneView& lanes, Instant now);

    // After kGiveUp.
    Outcome outcome(Instant now) const;
    // The time left for the first content, over all attempts.
    std::chrono::nanoseconds time_left(Instant now) const;
    int attempts() const { return attempts_; }
    const std::vector<TrailEntry>& trail() const { return trail_; }
    // Why the first candidate did not answer, in one word; "" when it was the one.
    std::string_view fallback_reason() const;
    // The order in which targets are tried.
    std::vector<size_t> order() const { return {order_.begin(), order_.begin() + order_size_}; }

private:
    void choose_order(uint64_t random);
    bool is_candidate(size_t target) const;
    std::optional<Step> find_candidate(LaneView& lanes, Instant now, bool is_last_resort);
    Step wait_or_give_up(Instant now);
    Step attempt(size_t target, size_t key, bool is_retry);
    void rule_out(const Ruling& ruling, size_t target);
    void note_refusal(size_t target, size_t key, const Admission& admission);

    const Route& route_;
    const std::vector<ProviderSpec>& providers_;
    CallNeeds needs_;
    Instant started_;
    std::array<uint8_t, kTargetsMax> order_{};
    size_t order_size_ = 0;
    std::array<uint16_t, kTargetsMax> used_keys_{};  // by target, a bit for each key
    uint16_t closed_targets_ = 0;                    // a bit for each: no further key of it
    uint16_t retried_targets_ = 0;
    int64_t window_min_ = 0;  // a context overflow demands more than this
    bool is_ended_ = false;   // by a failure that nobody else can cure
    bool has_waited_ = false;
    int attempts_ = 0;
    uint64_t random_;
    Step current_;
    std::optional<Step> retry_;    // decided by the last failure
    std::optional<Step> limited_;  // rate limited for a moment only
    std::optional<Instant> limited_until_;
    std::optional<Instant> again_at_;      // the earliest of all that were refused for now
    std::optional<Instant> waitable_at_;   // the same without breakers
    std::optional<AttemptFailure> shown_;  // the failure the client hears of
    std::optional<milliseconds> retry_after_min_;
    std::vector<TrailEntry> trail_;
};

}  // namespace nightshift::gateway
