#include "alerts/hold.h"

#include <algorithm>
#include <bit>

namespace nightshift::alerts {
namespace {

void note_turn(Hold& hold, const HoldPolicy& policy, Time now) {
    if (policy.flap_changes == 0) return;
    if (now - hold.turns_from > policy.flap_window) {
        // Half of what was counted still counts: a slow flap is not forgotten at the window's edge.
        hold.turns = now - hold.turns_from > 2 * policy.flap_window ? 0 : hold.turns / 2;
        hold.turns_from = now;
    }
    ++hold.turns;
    hold.last_turn = now;
    if (hold.turns >= policy.flap_changes) hold.is_flapping = true;
}

bool has_enough_hits(const Hold& hold, const HoldPolicy& policy) {
    uint32_t looks = std::clamp<uint32_t>(policy.looks, 1, 64);
    uint64_t mask = looks == 64 ? ~0ull : (1ull << looks) - 1;
    return static_cast<uint32_t>(std::popcount(hold.history & mask)) >= std::max(policy.hits, 1u);
}

void enter(Hold& hold, Phase phase, Time now) {
    hold.phase = phase;
    hold.since = now;
}

// As if the time that nobody saw had not been.
void see_again(Hold& hold, Time now) {
    auto unseen = now - hold.blind_since;
    for (Time* each : {&hold.since, &hold.last_true, &hold.last_turn, &hold.turns_from}) *each += unseen;
    hold.blind_since = Time();
}

}  // namespace

Hold step(Hold hold, Look look, const HoldPolicy& policy, Time now) {
    if (look == Look::kUnknown) {
        if (hold.blind_since == Time()) hold.blind_since = now;
        return hold;
    }
    if (hold.blind_since != Time()) see_again(hold, now);
    bool is_true = look == Look::kTrue;
    hold.history = (hold.history << 1) | (is_true ? 1 : 0);
    if (is_true != hold.was_true) note_turn(hold, policy, now);
    hold.was_true = is_true;
    if (is_true) hold.last_true = now;
    if (hold.is_flapping && now - hold.last_turn > policy.flap_window / 2) {
        hold.is_flapping = false;
        hold.turns = 0;
    }
    bool holds = has_enough_hits(hold, policy);
    if (holds && hold.phase == Phase::kInactive) enter(hold, Phase::kPending, now);
    if (!holds && hold.phase == Phase::kPending) enter(hold, Phase::kInactive, now);
    if (hold.phase == Phase::kPending && now - hold.since >= policy.hold) enter(hold, Phase::kFiring, now);
    if (hold.phase == Phase::kFiring && !holds && !hold.is_flapping &&
        now - hold.last_true >= policy.resolve_after) {
        enter(hold, Phase::kInactive, now);
    }
    return hold;
}

std::optional<Time> next_turn(const Hold& hold, const HoldPolicy& policy) {
    if (hold.phase == Phase::kPending) return hold.since + policy.hold;
    // Just past half the window: until then the flapping goes on.
    if (hold.is_flapping) return hold.last_turn + policy.flap_window / 2 + microseconds(1);
    bool is_ending = hold.phase == Phase::kFiring && !has_enough_hits(hold, policy);
    if (is_ending) return hold.last_true + policy.resolve_after;
    return std::nullopt;
}

bool is_idle(const Hold& hold, const HoldPolicy& policy, Time now) {
    if (hold.phase != Phase::kInactive || hold.is_flapping) return false;
    if (policy.looks > 1 && has_enough_hits(hold, {.hits = 1, .looks = policy.looks})) return false;
    return policy.flap_changes == 0 || now - hold.last_turn > 2 * policy.flap_window;
}

}  // namespace nightshift::alerts
