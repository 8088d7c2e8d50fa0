#include "delivery/retry.h"

#include <fmt/format.h>

#include <algorithm>

namespace nightshift::delivery {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBackoffFirst{2'000};
constexpr milliseconds kBackoffMax{600'000};
constexpr milliseconds kBackoffMin{100};
// A provider that never answered may still be at work on what it got.
constexpr milliseconds kReadBackDelay{5'000};

std::string in_words(const Outcome& outcome) {
    return outcome.error.empty() ? std::string(to_string(outcome.kind)) : outcome.error;
}

Step settle_unknown(std::string why) {
    return {State::kUnknown, true, std::nullopt, std::move(why)};
}

// For good: what may have arrived cannot be called failed.
Step settle_failed(const Progress& progress, std::string why) {
    if (progress.is_ambiguous) return settle_unknown("an earlier attempt may have arrived; " + why);
    return {State::kFailed, false, std::nullopt, std::move(why)};
}

// Another attempt after `pause`, unless there have been enough.
Step go_on(bool is_ambiguous, const Outcome& outcome, const Progress& progress, const RetryPolicy& policy,
           Time now, milliseconds pause) {
    Progress known = progress;
    known.is_ambiguous = is_ambiguous;
    if (progress.attempts >= policy.attempts_max) {
        return settle_failed(
            known, fmt::format("gave up after {} attempts: {}", progress.attempts, in_words(outcome)));
    }
    if (now + pause > progress.give_up_at) {
        return settle_failed(
            known, fmt::format("gave up, the next attempt would come too late: {}", in_words(outcome)));
    }
    return {is_ambiguous ? State::kUnknown : State::kQueued, is_ambiguous, now + pause, in_words(outcome)};
}

// Earlier attempts at the edit do not matter any more: what they changed is not there.
Step recreate(const Outcome& outcome, const Progress& progress, Time now) {
    if (!progress.may_recreate) {
        return {State::kFailed, false, std::nullopt,
                "the message cannot be edited, and it was made anew once already: " + in_words(outcome)};
    }
    Step step{State::kQueued, false, now, "the message is made anew: " + in_words(outcome)};
    step.is_anchor_lost = true;
    return step;
}

milliseconds pause_after(const Outcome& outcome, int attempts, double random) {
    if (!outcome.retry_after) return backoff(attempts, random);
    // Up to a tenth more, so that those who were told the same do not come back together.
    auto spread = std::chrono::duration_cast<milliseconds>(*outcome.retry_after * (0.1 * random));
    return *outcome.retry_after + spread;
}

}  // namespace

milliseconds backoff(int attempts, double random) {
    milliseconds longest = kBackoffFirst;
    for (int i = 1; i < attempts && longest < kBackoffMax; ++i) longest *= 2;
    longest = std::min(longest, kBackoffMax);
    return std::max(kBackoffMin, std::chrono::duration_cast<milliseconds>(longest * random));
}

Action decide_action(const Progress& progress, const RetryPolicy& policy, Time now) {
    bool has_looked = progress.is_sought || (progress.is_unreadable && policy.may_resend);
    if (progress.is_ambiguous && policy.can_read_back && !has_looked) return Action::kReadBack;
    return now > progress.give_up_at ? Action::kGiveUp : Action::kSend;
}

Step decide_step(const Outcome& outcome, const Progress& progress, const RetryPolicy& policy, Time now,
                 double random) {
    switch (outcome.kind) {
        case Outcome::Kind::kDelivered:
            if (!outcome.receipt.identifier.empty()) return {State::kDelivered, false, std::nullopt, ""};
            return settle_unknown("the provider said yes without anything that proves it");
        case Outcome::Kind::kPermanent:
            return settle_failed(progress, in_words(outcome));
        case Outcome::Kind::kTransient:
        case Outcome::Kind::kRateLimited:
            return go_on(progress.is_ambiguous, outcome, progress, policy, now,
                         pause_after(outcome, progress.attempts, random));
        case Outcome::Kind::kAmbiguous:
            if (policy.can_read_back) return go_on(true, outcome, progress, policy, now, kReadBackDelay);
            if (policy.may_resend) {
                return go_on(true, outcome, progress, policy, now, backoff(progress.attempts, random));
            }
            return settle_unknown(in_words(outcome));
        case Outcome::Kind::kAbsent:
            if (!policy.is_absence_certain && !policy.may_resend) return settle_unknown(in_words(outcome));
            return go_on(!policy.is_absence_certain, outcome, progress, policy, now,
                         backoff(progress.attempts, random));
        case Outcome::Kind::kUnreadable:
            return go_on(true, outcome, progress, policy, now,
                         pause_after(outcome, progress.attempts, random));
        case Outcome::Kind::kUneditable:
            return recreate(outcome, progress, now);
    }
    return settle_unknown("");
}

}  // namespace nightshift::delivery
