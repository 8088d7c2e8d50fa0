#include "gateway/chain.h"

#include <algorithm>

#include "base/assert.h"

namespace nightshift::gateway {
namespace {

constexpr milliseconds kRetryPauseMax{250};

// SplitMix64's finish: spreads what little the caller has.
uint64_t mix(uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

void keep_earliest(std::optional<Instant>& kept, Instant at) {
    if (!kept || at < *kept) kept = at;
}

// Which of two failures a client should hear of: one that waiting cures tells more than a bad key, and a
// broken provider more than both.
int rank(ErrorClass error_class) {
    switch (error_class) {
        case ErrorClass::kCredential:
            return 0;
        case ErrorClass::kQuotaExhausted:
            return 1;
        case ErrorClass::kRateLimit:
            return 2;
        case ErrorClass::kOverloaded:
            return 3;
        default:
            return 4;
    }
}

uint16_t bit(size_t index) {
    return static_cast<uint16_t>(1u << index);
}

}  // namespace

std::string_view to_string(Refusal refusal) {
    switch (refusal) {
        case Refusal::kNone:
            return "";
        case Refusal::kBreaker:
            return "breaker_open";
        case Refusal::kCooldown:
            return "cooldown";
        case Refusal::kKeySetAside:
            return "key_set_aside";
        case Refusal::kRateLimit:
            return "rate_limit_near";
    }
    return "";
}

Chain::Chain(const Route& route, const std::vector<ProviderSpec>& providers, CallNeeds needs, Instant now,
             uint64_t random)
    : route_(route), providers_(providers), needs_(needs), started_(now), random_(mix(random)) {
    NS_ASSERT(route.targets.size() <= kTargetsMax);
    choose_order(random);
}

// By tier; within a tier the first is drawn by weight, and so on. Targets whose window is too small for what
// we estimate come last: the estimate may be wrong.
void Chain::choose_order(uint64_t random) {
    const std::vector<Target>& targets = route_.targets;
    order_size_ = targets.size();
    for (size_t i = 0; i < order_size_; ++i) order_[i] = static_cast<uint8_t>(i);
    if (order_size_ < 2) return;
    auto* begin = order_.data();
    auto* end = begin + order_size_;
    std::sort(begin, end, [&](auto a, auto b) {
        return targets[a].tier != targets[b].tier ? targets[a].tier < targets[b].tier : a < b;
    });
    for (auto* first = begin; first != end;) {
        auto* tier_end =
            std::find_if(first, end, [&](auto at) { return targets[at].tier != targets[*first].tier; });
        for (; tier_end - first > 1; ++first) {
            uint64_t total = 0;
            for (auto* at = first; at != tier_end; ++at) total += static_cast<uint64_t>(targets[*at].weight);
            if (total == 0) break;
            random = mix(random);
            uint64_t drawn = random % total;
            auto* chosen = first;
            while (drawn >= static_cast<uint64_t>(targets[*chosen].weight))
                drawn -= static_cast<uint64_t>(targets[*chosen++].weight);
            std::rotate(first, chosen, chosen + 1);
        }
        first = tier_end;
    }
    const std::array<uint8_t, kTargetsMax> drawn = order_;
    auto fits = [&](size_t at) {
        return targets[at].window == 0 || targets[at].window >= needs_.input_estimate;
    };
    for (bool wanted : {true, false}) {
        for (size_t i = 0; i < order_size_; ++i) {
            if (fits(drawn[i]) == wanted) *begin++ = drawn[i];
        }
    }
}

bool Chain::is_candidate(size_t target) const {
    const Target& each = route_.targets[target];
    if ((closed_targets_ & bit(target)) != 0 || (needs_.can_serve & bit(target)) == 0) return false;
    if (window_min_ > 0 && each.window <= window_min_) return false;
    const Target& first = route_.targets[order_[0]];
    if (needs_.must_keep_model && each.model != first.model) return false;
    return !needs_.is_pinned || each.provider == first.provider;
}

void Chain::note_refusal(size_t target, size_t key, const Admission& admission) {
    auto same = [&](const TrailEntry& each) {
        return each.target == target && each.key == key && each.refusal == admission.refusal;
    };
    if (std::none_of(trail_.begin(), trail_.end(), same))
        trail_.push_back({target, key, ErrorClass::kNone, admission.refusal});
    keep_earliest(again_at_, admission.again_at);
    const bool is_waitable =
        admission.refusal == Refusal::kCooldown || admission.refusal == Refusal::kRateLimit;
    if (is_waitable) keep_earliest(waitable_at_, admission.again_at);
}

std::optional<Step> Chain::find_candidate(LaneView& lanes, Instant now, bool is_last_resort) {
    for (size_t i = 0; i < order_size_; ++i) {
        const size_t target = order_[i];
        if (!is_candidate(target)) continue;
        const size_t keys = lane_count(providers_[route_.targets[target].provider]);
        for (size_t key = 0; key < keys; ++key) {
            if ((used_keys_[target] & bit(key)) != 0) continue;
            // Cerebras takes the answer's maximum from its limit beforehand, others only what was used.
            const bool counts_output =
                providers_[route_.targets[target].provider].kind == ProviderKind::kCerebras;
            const int64_t tokens = needs_.input_estimate + (counts_output ? needs_.output_max : 0);
            Admission admission =
                lanes.admit(lane_of(route_.targets[target], key, needs_.model), tokens, is_last_resort, now);
            if (admission.refusal == Refusal::kNone) return attempt(target, key, false);
            note_refusal(target, key, admission);
        }
    }
    return std::nullopt;
}

Step Chain::attempt(size_t target, size_t key, bool is_retry) {
    ++attempts_;
    used_keys_[target] |= bit(key);
    current_ = {.kind = Step::Kind::kAttempt, .target = target, .key = key, .is_retry = is_retry};
    return current_;
}

Step Chain::next(LaneView& lanes, Instant now) {
    if (is_ended_ || attempts_ >= route_.attempts_max || time_left(now).count() <= 0) return {};
    if (retry_) {
        Step again = *retry_;
        if (again.kind == Step::Kind::kWait) {
            retry_->kind = Step::Kind::kAttempt;
            return again;
        }
        retry_.reset();
        return attempt(again.target, again.key, true);
    }
    again_at_.reset();
    waitable_at_.reset();
    if (auto found = find_candidate(lanes, now, false)) return *found;
    if (route_.last_resort == LastResort::kTryAll) {
        if (auto found = find_candidate(lanes, now, true)) return *found;
    }
    return wait_or_give_up(now);
}

// Once per call it is worth a moment's patience: when a limit ends soon and nobody else is left.
Step Chain::wait_or_give_up(Instant now) {
    std::optional<Instant> until = waitable_at_;
    if (limited_until_) keep_earliest(until, *limited_until_);
    if (has_waited_ || !until) return {};
    const auto pause = std::max(std::chrono::ceil<milliseconds>(*until - now), milliseconds(1));
    if (pause > route_.wait_max || pause >= time_left(now)) return {};
    has_waited_ = true;
    if (limited_) used_keys_[limited_->target] &= static_cast<uint16_t>(~bit(limited_->key));
    if (limited_) closed_targets_ &= static_cast<uint16_t>(~bit(limited_->target));
    limited_until_.reset();
    return {.kind = Step::Kind::kWait, .wait = pause};
}

void Chain::rule_out(const Ruling& ruling, size_t target) {
    if (!ruling.tries_next_key) closed_targets_ |= bit(target);
    switch (ruling.fallback) {
        case Fallback::kYes:
            break;
        case Fallback::kLargerWindow:
            window_min_ = std::max(window_min_, std::max<int64_t>(route_.targets[target].window, 1));
            break;
        case Fallback::kOptIn:
            is_ended_ = !route_.content_policy_falls_back;
            break;
        case Fallback::kNo:
            is_ended_ = true;
            break;
    }
}

void Chain::on_failure(const AttemptFailure& failure, LaneView& lanes, Instant now) {
    const size_t target = current_.target;
    trail_.push_back({target, current_.key, failure.error_class, Refusal::kNone});
    const Ruling ruling = rule(failure.error_class, Phase::kBeforeCommit);
    if (!shown_ || rank(failure.error_class) >= rank(shown_->error_class)) shown_ = failure;
    if (failure.retry_after)
        retry_after_min_ = std::min(retry_after_min_.value_or(*failure.retry_after), *failure.retry_after);
    if (ruling.cooldown == Cooldown::kRetryAfter && failure.retry_after &&
        *failure.retry_after <= route_.wait_max) {
        limited_ = current_;
        limited_until_ = now + *failure.retry_after;
    }
    const bool may_retry = ruling.retries_same && (retried_targets_ & bit(target)) == 0 &&
                           failure.took < route_.retry_within && attempts_ < route_.attempts_max &&
                           lanes.take_retry(route_.targets[target].provider, now);
    if (may_retry) {
        retried_targets_ |= bit(target);
        random_ = mix(random_);
        retry_ = current_;
        retry_->kind = Step::Kind::kWait;
        retry_->wait = milliseconds(static_cast<int64_t>(random_ % (kRetryPauseMax.count() + 1)));
        return;
    }
    rule_out(ruling, target);
}

std::chrono::nanoseconds Chain::time_left(Instant now) const {
    return started_ + (needs_.is_stream ? route_.deadline : route_.answer_deadline) - now;
}

std::string_view Chain::fallback_reason() const {
    if (trail_.empty()) return "";
    const TrailEntry& first = trail_.front();
    return first.refusal != Refusal::kNone ? to_string(first.refusal) : gateway::to_string(first.error_class);
}

Outcome Chain::outcome(Instant now) const {
    Outcome out;
    std::optional<milliseconds> wait;
    if (again_at_) wait = std::max(std::chrono::ceil<milliseconds>(*again_at_ - now), milliseconds(1));
    if (limited_until_) {
        auto limited = std::max(std::chrono::ceil<milliseconds>(*limited_until_ - now), milliseconds(1));
        wait = wait ? std::min(*wait, limited) : limited;
    }
    if (shown_) {
        const Ruling ruling = rule(shown_->error_class, Phase::kBeforeCommit);
        out.was_tried = true;
        out.error_class = shown_->error_class;
        out.status = ruling.client_status;
        out.code = ruling.client_code;
        const bool is_temporary = out.status == 429 || out.status == 503;
        if (is_temporary) {
            out.retry_after = wait;
            if (retry_after_min_)
                out.retry_after = std::min(wait.value_or(*retry_after_min_), *retry_after_min_);
        }
        return out;
    }
    auto all = [this](auto same) {
        return !trail_.empty() && std::all_of(trail_.begin(), trail_.end(), same);
    };
    out.error_class = ErrorClass::kTransient;
    out.code = "no_target_available";
    out.retry_after = wait;
    if (all([](const TrailEntry& each) { return each.refusal == Refusal::kKeySetAside; })) {
        const Ruling ruling = rule(ErrorClass::kCredential, Phase::kBeforeCommit);
        out.error_class = ErrorClass::kCredential;
        out.status = ruling.client_status;
        out.code = ruling.client_code;
    } else if (all([](const TrailEntry& each) {
                   return each.refusal == Refusal::kCooldown || each.refusal == Refusal::kRateLimit;
               })) {
        out.error_class = ErrorClass::kRateLimit;
        out.status = 429;
        out.code = "rate_limit_exceeded";
    }
    return out;
}

}  // namespace nightshift::gateway
