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
    struct Way {
        Labels labels;
        Labels added;
    };
    struct Held {
        uint32_t way = 0;  // in `ways`
        double value = 0;
        Time from;
        Time until;
        std::string says;
    };
    std::vector<Way> ways;                  // in which things stood
    std::vector<std::vector<Held>> things;  // by their beginning, and not overlapping
    std::vector<Gap> gaps;                  // by their beginning, and not overlapping
    uint64_t left_out = 0;
};

// Makes a Past of what the store gives. Of its tenant and kind the rule is not asked.
class PastBuilder {
public:
    explicit PastBuilder(const Rule& rule) : rule_(rule) {}

    // Whether stretches with these labels can matter.
    bool wants(const Labels& labels) const;
    // Cheaper when those with the same labels come together.
    void take(const Stretch& stretch);
    Past finish() &&;

private:
    const Rule& rule_;
    Past past_;
    size_t thing_ = 0;  // of the last labels
    std::unordered_map<std::string, size_t> by_thing_;
};

// What is not covered between two times. The last stretch may have ended up to `patience` before the end: the
// next look has not been yet.
std::vector<Gap> gaps_between(const std::vector<Watched>& watched, Time from, Time to, seconds patience);

}  // namespace nightshift::alerts
