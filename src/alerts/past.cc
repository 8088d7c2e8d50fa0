#include "alerts/past.h"

#include <algorithm>

#include "alerts/limits.h"

namespace nightshift::alerts {

PastBuilder::Known& PastBuilder::known(Stretch& stretch) {
    auto [found, is_new] = by_labels_.try_emplace(stretch.labels.packed());
    Known& known = found->second;
    if (!is_new) return known;
    known.is_meant = match_all(rule_.where, stretch.labels);
    if (!known.is_meant) return known;
    std::string thing = stretch.labels.only(identity_of(stretch.kind)).packed();
    known.thing =
        by_thing_.try_emplace(std::move(thing), static_cast<uint32_t>(by_thing_.size())).first->second;
    known.labels = static_cast<uint32_t>(past_.labels.size());
    past_.labels.push_back(std::move(stretch.labels));
    return known;
}

bool PastBuilder::take(Stretch stretch) {
    ++past_.stretches;
    const Known& which = known(stretch);
    if (!which.is_meant || !rule_.threshold.holds(stretch.value)) return true;
    if (held_ == kReplayStretchesMax) {
        known_from_ = stretch.until;
        return false;
    }
    ++held_;
    if (past_.things.size() <= which.thing) past_.things.resize(which.thing + 1);
    past_.things[which.thing].push_back(
        {which.labels, stretch.value, stretch.from, stretch.until, std::move(stretch.says)});
    return true;
}

Past PastBuilder::finish() && {
    std::erase_if(past_.things, [](const auto& thing) { return thing.empty(); });
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
    bool goes_on = !watched.empty() && watched.back().why.empty() && to - known_until <= patience;
    if (known_until < to && !goes_on) gaps.push_back({known_until, to, why});
    return gaps;
}

}  // namespace nightshift::alerts
