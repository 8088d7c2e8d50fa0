#include "alerts/preview.h"

#include <algorithm>

#include "alerts/evaluator.h"
#include "alerts/measure.h"

namespace nightshift::alerts {
namespace {

constexpr int64_t kStepsMax = 2'000;

// The newest ones, oldest first.
void prune(std::vector<Episode>& episodes) {
    std::sort(episodes.begin(), episodes.end(), [](const Episode& a, const Episode& b) {
        return a.starts != b.starts ? a.starts < b.starts : a.labels < b.labels;
    });
    if (episodes.size() > Preview::kEpisodesMax)
        episodes.erase(episodes.begin(), episodes.end() - Preview::kEpisodesMax);
}

}  // namespace

void EpisodeLog::take(const Alert& alert, Time now) {
    auto known = open_.find(alert.labels);
    if (alert.is_firing(now)) {
        if (known == open_.end()) {
            Episode begun{alert.labels, std::string(alert.annotations.get("summary")), alert.starts,
                          Time::max()};
            known = open_.emplace(alert.labels, std::move(begun)).first;
        }
        known->second.is_flapping |= alert.is_flapping;
    } else if (known != open_.end()) {
        known->second.ends = now;
        keep(std::move(known->second));
        open_.erase(known);
    }
}

void EpisodeLog::keep(Episode episode) {
    if (episode.ends <= from_) return;
    ++fired_;
    ended_.push_back(std::move(episode));
    if (ended_.size() >= 4 * Preview::kEpisodesMax) prune(ended_);
}

void EpisodeLog::give(Preview& preview) {
    for (auto& [labels, episode] : open_) keep(std::move(episode));
    open_.clear();
    prune(ended_);
    preview.fired = fired_;
    preview.episodes = std::exchange(ended_, {});
}

seconds preview_step(const Rule& rule, Time from, Time to) {
    bool is_measured = rule.on == SignalKind::kQuery || rule.on == SignalKind::kSilence;
    seconds wanted = is_measured ? measure_every(rule) : seconds(60);
    seconds least = std::chrono::ceil<seconds>((to - from) / kStepsMax);
    return std::max(wanted, least);
}

Result<Preview> preview(const Rule& rule, const LookBack& look_back, Time from, Time to, seconds step) {
    Preview preview;
    preview.step = step;
    Evaluator evaluator({std::make_shared<const Rule>(rule)});
    EpisodeLog log(from);
    for (Time now = from; now <= to; now += step) {
        NS_TRY(std::vector<Signal> signals, look_back(now));
        ++preview.looks;
        if (rule.on == SignalKind::kQuery || rule.on == SignalKind::kSilence) {
            evaluator.observe_rule(rule.name, signals, now);
        } else {
            evaluator.observe(rule.on, signals, now);
        }
        for (const Alert& alert : evaluator.tick(now)) log.take(alert, now);
    }
    log.give(preview);
    return preview;
}

}  // namespace nightshift::alerts
