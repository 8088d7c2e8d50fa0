#pragma once

#include <string>
#include <vector>

#include "alerts/alert.h"
#include "alerts/matcher.h"
#include "base/clock.h"
#include "base/result.h"

namespace nightshift::alerts {

// A person's word that nobody is to be told of some alerts for a while. It has an end, an author and a
// reason, and it counts whom it kept quiet.
struct Silence {
    std::string id;  // "sil_…"
    std::string tenant = "default";
    Matchers matchers;
    Time starts;
    Time ends;
    std::string author;
    std::string reason;
    Time created;
    uint64_t hushed = 0;  // incidents that it kept from being told

    bool is_active(Time now) const { return starts <= now && now < ends; }
    bool mutes(const Alert& alert, Time now) const {
        return is_active(now) && alert.tenant == tenant && match_all(matchers, alert.labels);
    }
};

// kInvalid: no end, an end before the start or beyond kSilenceMax, no author, no reason, or matchers that
// match every alert.
Result<void> check_silence(const Silence& silence, Time now);

}  // namespace nightshift::alerts
