#include "gateway/lanes.h"

#include <algorithm>
#include <unordered_map>

namespace nightshift::gateway {
namespace {

constexpr std::chrono::seconds kSlotTime = Breaker::kWindow / 6;
constexpr auto kRelaxed = std::memory_order_relaxed;

uint64_t slot_at(Instant now) {
    return static_cast<uint64_t>(now.time_since_epoch() / kSlotTime) & 0xffffffff;
}

int64_t to_ns(Instant at) {
    return at.time_since_epoch().count();
}
Instant from_ns(int64_t ns) {
    return Instant(std::chrono::nanoseconds(ns));
}

void raise(std::atomic<int64_t>& value, int64_t to) {
    int64_t before = value.load(kRelaxed);
    while (before < to && !value.compare_exchange_weak(before, to, kRelaxed)) {
    }
}

}  // namespace

void SuccessCount::add(Instant now) {
    const uint64_t number = slot_at(now);
    std::atomic<uint64_t>& slot = slots_[number % kSlots];
    uint64_t before = slot.load(kRelaxed);
    uint64_t after = 0;
    do {
        after = before >> 32 == number ? before + 1 : number << 32 | 1;
    } while (!slot.compare_exchange_weak(before, after, kRelaxed));
}

uint32_t SuccessCount::sum(Instant now) const {
    const uint64_t newest = slot_at(now);
    uint32_t total = 0;
    for (const auto& slot : slots_) {
        const uint64_t value = slot.load(kRelaxed);
        if (newest - (value >> 32) < 6) total += static_cast<uint32_t>(value);
    }
    return total;
}

Standing standing_of(const LaneState& state, Instant now) {
    if (state.key_aside_until > now) return Standing::kKeySetAside;
    if (state.cooldown_until > now) return Standing::kCooldown;
    if (state.requests_left && *state.requests_left <= 0) return Standing::kRateLimitNear;
    if (state.breaker == Breaker::State::kOpen) return Standing::kBreakerOpen;
    if (state.breaker == Breaker::State::kHalfOpen) return Standing::kOnTrial;
    if (state.last_success == Instant{} || state.last_failure > state.last_success)
        return Standing::kUnproven;
    return Standing::kGood;
}

bool may_be_asked(Standing standing) {
    return standing == Standing::kGood || standing == Standing::kUnproven || standing == Standing::kOnTrial;
}

std::string_view to_string(Standing standing) {
    switch (standing) {
        case Standing::kGood:
            return "good";
        case Standing::kUnproven:
            return "unproven";
        case Standing::kOnTrial:
            return "on_trial";
        case Standing::kBreakerOpen:
            return "breaker_open";
        case Standing::kCooldown:
            return "cooldown";
        case Standing::kKeySetAside:
            return "key_set_aside";
        case Standing::kRateLimitNear:
            return "rate_limit_near";
    }
    return "unproven";
}

Lanes::Lanes(const Settings& settings) {
    for (size_t i = 0; i < settings.lanes; ++i) lanes_.push_back(std::make_shared<Lane>());
    names_ = lane_names(settings);
    for (size_t i = 0; i < settings.providers.size(); ++i)
        providers_.push_back(std::make_unique<ProviderState>());
}

Lanes::Lanes(const Settings& settings, const Lanes& before) : Lanes(settings) {
    const auto known = find_before(before);
    for (size_t i = 0; i < lanes_.size(); ++i) {
        if (known[i]) lanes_[i] = before.lanes_[*known[i]];
    }
}

std::vector<std::optional<size_t>> Lanes::find_before(const Lanes& before) const {
    std::unordered_map<std::string_view, size_t> names;
    for (size_t i = 0; i < before.names_.size(); ++i) names.emplace(before.names_[i], i);
    std::vector<std::optional<size_t>> found;
    for (const std::string& name : names_) {
        const auto same = names.find(name);
        found.push_back(same == names.end() ? std::nullopt : std::optional(same->second));
    }
    return found;
}

void Lanes::on_call(size_t provider) {
    providers_[provider]->requests.fetch_add(1, kRelaxed);
}

Admission Lanes::admit(size_t index, int64_t tokens, bool is_last_resort, Instant now) {
    Lane& lane = *lanes_[index];
    const int64_t now_ns = to_ns(now);
    if (int64_t until = lane.key_aside_until.load(kRelaxed); until > now_ns)
        return {Refusal::kKeySetAside, from_ns(until)};
    if (is_last_resort) return {};
    if (int64_t until = lane.cooldown_until.load(kRelaxed); until > now_ns)
        return {Refusal::kCooldown, from_ns(until)};
    if (int64_t reset = lane.requests_reset.load(kRelaxed); reset > now_ns) {
        if (lane.requests_left.load(kRelaxed) <= 0) return {Refusal::kRateLimit, from_ns(reset)};
    }
    if (int64_t reset = lane.tokens_reset.load(kRelaxed); reset > now_ns) {
        if (lane.tokens_left.load(kRelaxed) < tokens) return {Refusal::kRateLimit, from_ns(reset)};
    }
    if (!lane.is_troubled.load(kRelaxed)) return {};
    std::lock_guard lock(lane.mutex);
    if (lane.breaker.admit(now)) return {};
    return {Refusal::kBreaker, lane.breaker.again_at(now)};
}

bool Lanes::take_retry(size_t provider, Instant now) {
    ProviderState& state = *providers_[provider];
    std::lock_guard lock(state.mutex);
    return state.budget.take(now, state.requests.load(kRelaxed));
}

void Lanes::on_success(size_t index, Instant now) {
    Lane& lane = *lanes_[index];
    lane.successes.add(now);
    lane.last_success.store(to_ns(now), kRelaxed);
    if (!lane.is_troubled.load(kRelaxed)) return;
    std::lock_guard lock(lane.mutex);
    lane.breaker.on_success(now);
    lane.is_troubled.store(lane.breaker.wants_success(), kRelaxed);
}

void Lanes::note_use(size_t index, bool is_chat) {
    std::atomic<bool>& known = lanes_[index]->is_chat;
    if (known.load(kRelaxed) != is_chat) known.store(is_chat, kRelaxed);
}

void Lanes::set_aside(size_t lane, Instant until) {
    raise(lanes_[lane]->cooldown_until, to_ns(until));
}

void Lanes::on_probe(size_t index, Instant now) {
    lanes_[index]->last_probe.store(to_ns(now), kRelaxed);
}

void Lanes::on_failure(size_t index, ErrorClass error_class, std::optional<milliseconds> retry_after,
                       Instant now) {
    Lane& lane = *lanes_[index];
    const Ruling ruling = rule(error_class, Phase::kBeforeCommit);
    switch (ruling.cooldown) {
        case Cooldown::kNone:
            break;
        case Cooldown::kRetryAfter: {
            const auto wanted = retry_after.value_or(kCooldownDefault);
            raise(lane.cooldown_until, to_ns(now + std::min<milliseconds>(wanted, kCooldownMax)));
            break;
        }
        case Cooldown::kQuota:
            raise(lane.cooldown_until, to_ns(now + kQuotaCooldown));
            break;
        case Cooldown::kKey:
            raise(lane.key_aside_until, to_ns(now + kKeySetAside));
            break;
    }
    // What the caller did wrong says nothing of the provider.
    const bool is_theirs = ruling.counts_for_breaker || ruling.cooldown != Cooldown::kNone ||
                           error_class == ErrorClass::kModelMissing;
    if (is_theirs) lane.last_failure.store(to_ns(now), kRelaxed);
    std::lock_guard lock(lane.mutex);
    if (ruling.counts_for_breaker) {
        lane.breaker.on_failure(now, lane.successes.sum(now));
    } else {
        lane.breaker.on_neutral();
    }
    lane.is_troubled.store(lane.breaker.wants_success(), kRelaxed);
}

void Lanes::on_rate_limits(size_t index, const RateLimits& limits, Instant now) {
    Lane& lane = *lanes_[index];
    auto keep = [now](const RateLimit& limit, std::atomic<int64_t>& left, std::atomic<int64_t>& reset) {
        if (!limit.remaining || !limit.reset_in) return;
        left.store(*limit.remaining, kRelaxed);
        reset.store(to_ns(now + *limit.reset_in), kRelaxed);
    };
    keep(limits.requests, lane.requests_left, lane.requests_reset);
    keep(limits.tokens, lane.tokens_left, lane.tokens_reset);
}

LaneState Lanes::state(size_t index, Instant now) const {
    const Lane& lane = *lanes_[index];
    LaneState state;
    state.cooldown_until = from_ns(lane.cooldown_until.load(kRelaxed));
    state.key_aside_until = from_ns(lane.key_aside_until.load(kRelaxed));
    state.successes = lane.successes.sum(now);
    state.last_success = from_ns(lane.last_success.load(kRelaxed));
    state.last_failure = from_ns(lane.last_failure.load(kRelaxed));
    state.last_probe = from_ns(lane.last_probe.load(kRelaxed));
    state.is_chat = lane.is_chat.load(kRelaxed);
    if (lane.requests_reset.load(kRelaxed) > to_ns(now))
        state.requests_left = lane.requests_left.load(kRelaxed);
    if (lane.tokens_reset.load(kRelaxed) > to_ns(now)) state.tokens_left = lane.tokens_left.load(kRelaxed);
    std::lock_guard lock(lane.mutex);
    state.breaker = lane.breaker.state(now);
    state.breaker_again_at = lane.breaker.again_at(now);
    state.failures = lane.breaker.failures(now);
    return state;
}

}  // namespace nightshift::gateway
