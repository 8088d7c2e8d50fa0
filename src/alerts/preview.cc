#include "alerts/preview.h"

#include <algorithm>
#include <map>

#include "alerts/evaluator.h"
#include "alerts/measure.h"

namespace nightshift::alerts {
namespace {

constexpr int64_t kStepsMax = 2'000;

void take(Preview& preview, std::map<Labels, size_t>& open, const Alert& alert, Time now) {
    auto known = open.find(alert.labels);
    if (alert.is_firing(now)) {
        if (known != open.end()) {
            if (known->second < preview.episodes.size())
                preview.episodes[known->second].is_flapping |= alert.is_flapping;
            return;
        }
        ++preview.fired;
        open.emplace(alert.labels, preview.episodes.size());
        if (preview.episodes.size() == Preview::kEpisodesMax) return;
        preview.episodes.push_back({alert.labels, std::string(alert.annotations.get("summary")), alert.starts,
                                    Time::max(), alert.is_flapping});
    } else if (known != open.end()) {
        if (known->second < preview.episodes.size()) preview.episodes[known->second].ends = now;
        open.erase(known);
    }
}

}  // namespace

seconds preview_step(const Rule& rule, Time from, Time to) {
    bool is_measured = rule.on == SignalKind::kQuery || rule.on == SignalKind::kSilence;
    seconds wanted = is_measured ? measure_every(rule) : seconds(60);
    seconds least = std::chrono::ceil<seconds>((to - from) / kStepsMax);
    return std::max(wanted, least);
}

Result<Preview> preview(const Rule& rule, const LookBack& look_back, Time from, Time to, seconds step) {
    Preview preview{.step = step};
    Evaluator evaluator({std::make_shared<const Rule>(rule)});
    std::map<Labels, size_t> open;
    for (Time now = from; now <= to; now += step) {
        NS_TRY(std::vector<Signal> signals, look_back(now));
        ++preview.looks;
        if (rule.on == SignalKind::kQuery || rule.on == SignalKind::kSilence) {
            evaluator.observe_rule(rule.name, signals, now);
        } else {
            evaluator.observe(rule.on, signals, now);
        }
        for (const Alert& alert : evaluator.tick(now)) take(preview, open, alert, now);
    }
    return preview;
}

}  // namespace nightshift::alerts
