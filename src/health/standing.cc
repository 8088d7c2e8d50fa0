#include "health/standing.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/time_text.h"
#include "health/limits.h"

namespace nightshift::health {
namespace {

uint32_t newest_bits(int count) {
    return count >= 32 ? UINT32_MAX : (1u << count) - 1;
}

int bad_of_last(const Settled& settled, int looks) {
    return std::popcount(settled.bad_bits & newest_bits(std::min(looks, settled.count)));
}

int good_in_a_row(const Settled& settled) {
    return std::min(std::countr_zero(settled.bad_bits), settled.count);
}

void turn(Settled& settled, Settled::Word word, Time at) {
    settled.word = word;
    settled.since = at;
    settled.bad_bits = 0;
    settled.count = 0;
}

// A clock that was set back makes the future of what was seen before.
bool is_fresh(Time seen, const Policy& policy, Time now) {
    return now - seen <= policy.stale_after && seen - now <= policy.stale_after;
}

// The word stands; the newest look may speak against it and not yet be enough.
std::string why_of(const Settled& settled, const std::optional<Look>& newest, const Policy& policy) {
    bool is_doubted = newest && newest->outcome == Outcome::kBad && settled.word != Settled::Word::kFailing;
    if (is_doubted)
        return fmt::format("the newest look is bad, {} of the {} that make it failing: {}",
                           bad_of_last(settled, policy.looks), policy.bad_min, newest->says);
    bool is_better = newest && newest->outcome == Outcome::kGood && settled.word == Settled::Word::kFailing;
    if (is_better)
        return fmt::format("good for {} of {} looks; before: {}", good_in_a_row(settled), policy.good_min,
                           settled.why);
    return settled.why;
}

Standing without_word(const Settled& settled, const std::optional<Look>& newest, const Policy& policy,
                      Time watched_since) {
    Standing standing{State::kUnknown, watched_since, "nobody has looked yet"};
    if (!newest) return standing;
    if (newest->outcome == Outcome::kUnknown) {
        standing.why = "we cannot look: " + newest->says;
    } else if (newest->outcome == Outcome::kBad) {
        standing.why = why_of(settled, newest, policy);
    } else {
        standing.why =
            fmt::format("good for {} of {} looks: {}", good_in_a_row(settled), policy.good_min, newest->says);
    }
    return standing;
}

}  // namespace

std::string_view to_string(Settled::Word word) {
    switch (word) {
        case Settled::Word::kPassing:
            return "passing";
        case Settled::Word::kFailing:
            return "failing";
        case Settled::Word::kNothing:
            break;
    }
    return "";
}

Settled take(Settled before, const Look& look, const Policy& policy) {
    if (look.outcome == Outcome::kUnknown) return before;
    Settled next = std::move(before);
    bool is_bad = look.outcome == Outcome::kBad;
    next.seen = look.at;
    next.bad_bits = next.bad_bits << 1 | (is_bad ? 1u : 0u);
    next.count = std::min(next.count + 1, kLooksMax);
    using Word = Settled::Word;
    if (is_bad && next.word != Word::kFailing && bad_of_last(next, policy.looks) >= policy.bad_min)
        turn(next, Word::kFailing, look.at);
    if (!is_bad && next.word != Word::kPassing && good_in_a_row(next) >= policy.good_min)
        turn(next, Word::kPassing, look.at);
    bool speaks_for_it = next.word == (is_bad ? Word::kFailing : Word::kPassing);
    if (speaks_for_it || next.word == Word::kNothing) next.why = look.says;
    return next;
}

Standing state_of(const Settled& settled, const std::optional<Look>& newest, const Policy& policy,
                  Time watched_since, Time now) {
    using Word = Settled::Word;
    if (settled.word == Word::kNothing) return without_word(settled, newest, policy, watched_since);
    if (is_fresh(settled.seen, policy, now)) {
        State state = settled.word == Word::kPassing ? State::kPassing : State::kFailing;
        return {state, settled.since, why_of(settled, newest, policy)};
    }
    Time since = settled.seen + policy.stale_after;
    // The same words while it lasts: who hears of changes is not to hear of the time that goes by.
    std::string last =
        fmt::format("{} at {}: {}", to_string(settled.word), time_text(settled.seen), settled.why);
    bool are_we_to_blame =
        newest && newest->outcome == Outcome::kUnknown && is_fresh(newest->at, policy, now);
    if (are_we_to_blame)
        return {State::kUnknown, since, fmt::format("we cannot look: {}; it was {}", newest->says, last)};
    return {State::kStale, since, "nothing was seen since it was " + last};
}

}  // namespace nightshift::health
