#include "alerts/past.h"

#include <algorithm>

namespace nightshift::alerts {

bool PastBuilder::wants(const Labels& labels) const {
    return match_all(rule_.where, labels);
}

void PastBuilder::take(const Stretch& stretch) {
    if (!rule_.threshold.holds(stretch.value)) return;
    if (past_.ways.empty() || past_.ways.back().labels != stretch.labels) {
        std::string thing(stretch.labels.only(identity_of(stretch.kind)).packed().view());
        thing_ = by_thing_.try_emplace(std::move(thing), past_.things.size()).first->second;
        if (thing_ == past_.things.size()) past_.things.emplace_back();
        past_.ways.push_back({stretch.labels, stretch.added});
    }
    auto way = static_cast<uint32_t>(past_.ways.size() - 1);
    past_.things[thing_].push_back({way, stretch.value, stretch.from, stretch.until, stretch.says});
}

Past PastBuilder::finish() && {
    for (auto& thing : past_.things) {
        std::sort(thing.begin(), thing.end(),
                  [](const Past::Held& a, const Past::Held& b) { return a.from < b.from; });
        // They overlap only where the clock was set back: then the later word counts.
        for (size_t i = 0; i + 1 < thing.size(); ++i)
            thing[i].until = std::min(thing[i].until, thing[i + 1].from);
    }
    return std::move(past_);
}

std::vector<Gap> gaps_between(const std::vector<Watched>& watched, Time from, Time to, seconds patience) {
    std::vector<Gap> gaps;
    Time known_until = from;
    std::string why = "nothing is kept from before";
    for (const Watched& each : watched) {
        if (each.until < from || each.from > to) continue;
        if (each.from > known_until) gaps.push_back({known_until, each.from, why});
        known_until = std::max(known_until, each.until);
        why = each.why.empty() ? "Nightshift did not run" : each.why;
    }
    bool is_last_open = !watched.empty() && watched.back().why.empty();
    if (is_last_open) why = "nothing of it is on disk yet";
    bool goes_on = is_last_open && to - known_until <= patience;
    if (known_until < to && !goes_on) gaps.push_back({known_until, to, why});
    return gaps;
}

}  // namespace nightshift::alerts
