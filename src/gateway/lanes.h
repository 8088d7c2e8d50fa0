#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/breaker.h"
#include "gateway/chain.h"
#include "gateway/dialects/answer.h"
#include "gateway/retry_budget.h"
#include "gateway/settings.h"

namespace nightshift::gateway {

// Successes of the last half minute, counted without a lock.
class SuccessCount {
public:
    void add(Instant now);
    uint32_t sum(Instant now) const;

private:
    static constexpr size_t kSlots = 8;  // two more than the window has: the oldest is reused late
    std::array<std::atomic<uint64_t>, kSlots> slots_{};  // number of the slot << 32 | count
};

// A lane as a person sees it.
struct LaneState {
    Breaker::State breaker = Breaker::State::kClosed;
    Instant breaker_again_at{};  // when it is open
    Instant cooldown_until{};
    Instant key_aside_until{};
    uint32_t failures = 0;                 // of the last half minute
    uint32_t successes = 0;                // the same
    std::optional<int64_t> requests_left;  // as the provider last said, while it holds
    std::optional<int64_t> tokens_left;
    Instant last_success{};  // Instant{}: never
    Instant last_failure{};
    Instant last_probe{};
    bool is_chat = true;  // its last good call was one
};

// What we know of a lane: `kGood` is one whose last call was good; `kUnproven` has none, or failed since; and
// a breaker that will let one call through has proven nothing yet.
enum class Standing { kGood, kUnproven, kOnTrial, kBreakerOpen, kCooldown, kKeySetAside, kRateLimitNear };
Standing standing_of(const LaneState& state, Instant now);
// Whether a call would be sent there.
bool may_be_asked(Standing standing);
std::string_view to_string(Standing standing);

// The state of all lanes (a provider's model through one key) and retry budgets that all loops share. A good
// call reads and counts a few atomics; only failures, and what follows them, take a lane's lock.
class Lanes final : public LaneView {
public:
    explicit Lanes(const Settings& settings);
    // Goes on with what `before` knows of the lanes that both have.
    Lanes(const Settings& settings, const Lanes& before);

    // A call is on its way through the chain.
    void on_call(size_t provider);
    Admission admit(size_t lane, int64_t tokens, bool is_last_resort, Instant now) override;
    bool take_retry(size_t provider, Instant now) override;

    // How an admitted attempt ended: at its very end, streams too.
    void on_success(size_t lane, Instant now);
    void on_failure(size_t lane, ErrorClass error_class, std::optional<milliseconds> retry_after,
                    Instant now);
    // Whether the good call was a chat, or embeddings or a response: what a probe says to it.
    void note_use(size_t lane, bool is_chat);
    // A person, or a runbook, wants it left alone until then.
    void set_aside(size_t lane, Instant until);
    // We ask it ourselves, whatever comes of it.
    void on_probe(size_t lane, Instant now);
    // The provider's word on what is left of its limits.
    void on_rate_limits(size_t lane, const RateLimits& limits, Instant now);

    LaneState state(size_t lane, Instant now) const;
    size_t size() const { return lanes_.size(); }
    // Which lane of `before` each of these goes on with.
    std::vector<std::optional<size_t>> find_before(const Lanes& before) const;

private:
    struct alignas(64) Lane {
        // Steady clock, nanoseconds; 0: not.
        std::atomic<int64_t> cooldown_until{0};
        std::atomic<int64_t> key_aside_until{0};
        std::atomic<int64_t> requests_reset{0};
        std::atomic<int64_t> requests_left{0};
        std::atomic<int64_t> tokens_reset{0};
        std::atomic<int64_t> tokens_left{0};
        std::atomic<int64_t> last_success{0};
        std::atomic<int64_t> last_failure{0};
        std::atomic<int64_t> last_probe{0};
        std::atomic<bool> is_chat{true};
        std::atomic<bool> is_troubled{false};  // the breaker wants to hear of successes, or refuses
        SuccessCount successes;
        mutable std::mutex mutex;
        Breaker breaker;
    };
    struct alignas(64) ProviderState {
        std::atomic<uint64_t> requests{0};
        std::mutex mutex;
        RetryBudget budget;
    };

    // Shared with the lanes of the settings before and after.
    std::vector<std::shared_ptr<Lane>> lanes_;
    std::vector<std::string> names_;  // beside lanes_, see lane_names()
    std::vector<std::unique_ptr<ProviderState>> providers_;
};

}  // namespace nightshift::gateway
