#pragma once

#include <optional>
#include <string>

#include "health/types.h"

namespace nightshift::health {

// What the looks of a probe came to. Its first part survives a restart.
struct Settled {
    enum class Word : uint8_t { kNothing, kPassing, kFailing };
    Word word = Word::kNothing;
    Time since;       // of the word
    Time seen;        // the newest look that said anything; kNothing: may be the epoch, there was none
    std::string why;  // of the newest look that spoke for the word; of kNothing: of the newest one

    // Looks that said something since the word was found: the newest in the lowest bit, 1 is bad.
    uint32_t bad_bits = 0;
    int count = 0;  // at most kLooksMax
};
// "passing", "failing" or "".
std::string_view to_string(Settled::Word word);

// One look more. A look that says nothing changes nothing.
Settled take(Settled before, const Look& look, const Policy& policy);

// A state, since when, and why. Never passing without a good look that is young enough.
struct Standing {
    State state = State::kUnknown;
    Time since;
    std::string why;
};

// `newest`: the last look, whatever it said. `watched_since`: when we began to look, for a probe of which
// nothing is known.
Standing state_of(const Settled& settled, const std::optional<Look>& newest, const Policy& policy,
                  Time watched_since, Time now);

}  // namespace nightshift::health
