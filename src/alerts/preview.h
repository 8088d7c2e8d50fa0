#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "alerts/alert.h"
#include "alerts/rule.h"
#include "alerts/signal.h"

namespace nightshift::alerts {

// When a rule would have fired, and for how long.
struct Episode {
    Labels labels;
    std::string summary;
    Time starts;
    Time ends;  // Time::max(): it would fire still
    bool is_flapping = false;
};

// A time in which nobody looked. What was then is not known.
struct Gap {
    Time from;
    Time until;
    std::string why;
};

struct Preview {
    std::vector<Episode> episodes;  // oldest first, at most kEpisodesMax: the newest
    uint64_t fired = 0;             // also those that are not listed
    uint64_t looks = 0;
    seconds step{0};                 // 0: at each change
    std::vector<Gap> gaps;           // oldest first, at most kGapsListedMax: the newest
    uint64_t left_out = 0;           // changes that were too many to be kept
    std::vector<std::string> notes;  // what else to know of its truth, for a person
    static constexpr size_t kEpisodesMax = 500;
};

// Makes episodes of the alerts that began and ended. Those that were over before `from` do not count.
class EpisodeLog {
public:
    explicit EpisodeLog(Time from) : from_(from) {}

    void take(const Alert& alert, Time now);
    // Into `preview`; nothing is left here.
    void give(Preview& preview);

private:
    void keep(Episode episode);

    Time from_;
    uint64_t fired_ = 0;
    std::map<Labels, Episode> open_;
    std::vector<Episode> ended_;
};

// What was known at a moment of the past.
using LookBack = std::function<Result<std::vector<Signal>>(Time at)>;

// What `rule` would have done between two times, looked at every `step`. Pure but for `look_back`.
Result<Preview> preview(const Rule& rule, const LookBack& look_back, Time from, Time to, seconds step);

// Steps that find what the rule would find, and not too many of them.
seconds preview_step(const Rule& rule, Time from, Time to);

}  // namespace nightshift::alerts
