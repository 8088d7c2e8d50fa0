#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "alerts/history.h"
#include "alerts/preview.h"
#include "alerts/rule.h"

namespace nightshift::alerts {

// What is kept of the past, as far as one rule is concerned: when its condition held for which thing. A thing
// for which it never held is not here.
struct Past {
    struct Held {
        uint32_t labels = 0;  // in `labels`
        double value = 0;
        Time from;
        Time until;
        std::string says;
    };
    std::vector<Labels> labels;
    std::vector<std::vector<Held>> things;  // by their beginning, and not overlapping
    std::vector<Gap> gaps;                  // by their beginning, and not overlapping
    uint64_t stretches = 0;                 // that were read
    uint64_t left_out = 0;
};

// Makes a Past of what the store gives, the newest first. Of its tenant and kind the rule is not asked.
class PastBuilder {
public:
    explicit PastBuilder(const Rule& rule) : rule_(rule) {}

    // False: it is enough, and of the time before `known_from()` nothing can be said.
    bool take(Stretch stretch);
    Time known_from() const { return known_from_; }
    Past finish() &&;

private:
    struct Known {
        uint32_t labels = 0;
        uint32_t thing = 0;
        bool is_meant = false;  // by the rule's matchers
    };
    Known& known(Stretch& stretch);

    const Rule& rule_;
    Past past_;
    size_t held_ = 0;
    Time known_from_;
    std::unordered_map<std::string, Known> by_labels_;  // packed
    std::unordered_map<std::string, uint32_t> by_thing_;
};

// What is not covered between two times. The last stretch may have ended up to `patience` before the end: the
// next look has not been yet.
std::vector<Gap> gaps_between(const std::vector<Watched>& watched, Time from, Time to, seconds patience);

}  // namespace nightshift::alerts
