#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/detect/options.h"
#include "fleet/rhythm.h"
#include "fleet/types.h"

namespace nightshift::fleet {

struct ResponseOptions {
    Ladder ladder = Ladder::kTell;
    int64_t cooldown_us = 10 * 60'000'000ll;  // between two aborts of one session
    std::vector<std::string> abortable_sources = {
        "openclaw/"};  // prefixes of sources that can abort a session
};

struct Limits {
    size_t tenants_max = 1'000;
    size_t agents_max = 10'000;
    size_t sessions_max = 20'000;  // beyond it ended sessions go first, oldest first, then the longest silent
    size_t children_max = 256;     // listed by a session
    size_t conditions_max = 256;   // a tenant's attention items that come from outside the fleet
    int64_t ended_retain_us = 24 * 3600'000'000ll;
    int64_t silent_retain_us = 7 * 24 * 3600'000'000ll;
};

struct StateOptions {
    int64_t cool_down_us =
        2 * 60'000'000ll;                  // a rate limit is thought to hold so long after the last refusal
    int64_t hold_unknown_us = 60'000'000;  // after a call work is presumed to go on, without history
    int64_t hold_min_us = 15'000'000;
    int64_t hold_max_us = 5 * 60'000'000ll;
    int64_t late_unknown_us = 15 * 60'000'000ll;  // silence after which an agent without history is unknown
    int64_t source_word_us = 90'000'000;          // a source's "it is there" is worth so long
    int64_t attention_max_us = 24 * 3600'000'000ll;  // older trouble is history, not attention
    RhythmOptions rhythm;
    DetectOptions detect;
    ResponseOptions response;
    Limits limits;
};

}  // namespace nightshift::fleet
