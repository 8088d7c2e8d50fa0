#include "alerts/replay.h"

#include <algorithm>

#include "alerts/evaluator.h"
#include "alerts/limits.h"

namespace nightshift::alerts {
namespace {

// One thing under one rule.
class Replay {
public:
    Replay(RulePtr rule, const Past& past, const std::vector<Past::Held>& held, seconds every)
        : rule_(rule),
          past_(past),
          held_(held),
          every_(every),
          evaluator_({std::move(rule)}),
          change_(held.front().from) {}

    // False: `looks_max` were not enough.
    bool run(Time to, uint64_t looks_max, EpisodeLog& log) {
        Time now = held_.front().from;
        for (; now <= to && looks_ < looks_max; now = next(now)) {
            look(now);
            for (const Alert& alert : evaluator_.tick(now)) log.take(alert, now);
            ++looks_;
        }
        return now > to;
    }
    uint64_t looks() const { return looks_; }

private:
    void look(Time now) {
        while (at_ < held_.size() && held_[at_].until <= now) ++at_;
        while (gap_ < past_.gaps.size() && past_.gaps[gap_].until <= now) ++gap_;
        is_blind_ = gap_ < past_.gaps.size() && past_.gaps[gap_].from < now;
        if (is_blind_) return evaluator_.observe_unknown(rule_->on, past_.gaps[gap_].why);
        bool holds = at_ < held_.size() && held_[at_].from <= now;
        if (now == change_) turned_ = now;
        if (!holds) return evaluator_.observe(rule_->on, {}, now);
        const Past::Held& held = held_[at_];
        Signal signal;
        signal.tenant = rule_->tenant;
        signal.labels = past_.ways[held.way].labels;
        signal.added = past_.ways[held.way].added;
        signal.value = held.value;
        signal.since = held.from;
        signal.says = held.says;
        evaluator_.observe(rule_->on, {signal}, now);
    }

    // What is certain not to change anything is not looked at.
    Time next(Time now) {
        if (is_blind_) return change_ = past_.gaps[gap_].until;
        bool holds = at_ < held_.size() && held_[at_].from <= now;
        change_ = at_ == held_.size() ? Time::max() : holds ? held_until() : held_[at_].from;
        if (evaluator_.series() == 0) return change_;
        Time next = change_;
        // The last look that saw it hold: from then on it counts until it is over.
        if (holds && rule_->hold.resolve_after > seconds(0) && change_ - every_ > now)
            next = change_ - every_;
        // At the beginning of a gap it was still seen; it is blind just after.
        if (gap_ < past_.gaps.size()) {
            Time blind = past_.gaps[gap_].from;
            next = std::min(next, blind > now ? blind : blind + microseconds(1));
        }
        if (auto turn = evaluator_.next_turn()) next = std::min(next, on_grid(*turn));
        // Of the last so many looks each counts, until they are all alike.
        if (rule_->hold.looks > 1 && now - turned_ < rule_->hold.looks * every_)
            next = std::min(next, on_grid(now + microseconds(1)));
        return next;
    }

    // That it holds on in another way changes nothing.
    Time held_until() {
        last_ = std::max(last_, at_);
        while (last_ + 1 < held_.size() && held_[last_].until == held_[last_ + 1].from) ++last_;
        return held_[last_].until;
    }

    // The first look then or later.
    Time on_grid(Time time) const {
        if (time <= turned_) return turned_;
        auto steps = (time - turned_ + every_ - microseconds(1)) / every_;
        return turned_ + steps * every_;
    }

    RulePtr rule_;
    const Past& past_;
    const std::vector<Past::Held>& held_;
    seconds every_;
    Evaluator evaluator_;
    size_t at_ = 0;    // of those that are not over
    size_t last_ = 0;  // of those that hold on without a break
    size_t gap_ = 0;   // the same as at_
    bool is_blind_ = false;
    Time change_;
    Time turned_;  // when it last changed, or was seen again
    uint64_t looks_ = 0;
};

std::vector<Gap> gaps_within(const std::vector<Gap>& gaps, Time from) {
    std::vector<Gap> within;
    for (const Gap& each : gaps) {
        if (each.until > from) within.push_back({std::max(each.from, from), each.until, each.why});
    }
    return within;
}

}  // namespace

Time replay_begin(const Rule& rule, Time from, seconds every) {
    const HoldPolicy& hold = rule.hold;
    seconds matters = hold.hold + hold.resolve_after + hold.looks * every + 2 * hold.flap_window;
    return from - matters;
}

Preview replay(const Rule& rule, const Past& past, Time from, Time to, seconds every) {
    Preview preview;
    EpisodeLog log(from);
    RulePtr shared = std::make_shared<const Rule>(rule);
    size_t done = 0;
    for (const auto& held : past.things) {
        Replay one(shared, past, held, every);
        bool is_whole = one.run(to, kReplayLooksMax - preview.looks, log);
        preview.looks += one.looks();
        if (!is_whole) break;
        ++done;
    }
    log.give(preview);
    preview.left_out = past.left_out;
    preview.gaps = gaps_within(past.gaps, from);
    if (done < past.things.size())
        preview.notes.push_back(
            fmt::format("{} of {} things were not looked at: that would take more than {} looks",
                        past.things.size() - done, past.things.size(), kReplayLooksMax));
    if (preview.gaps.size() > kGapsListedMax) {
        preview.notes.push_back(
            fmt::format("there are {} gaps; the newest {} are listed", preview.gaps.size(), kGapsListedMax));
        preview.gaps.erase(preview.gaps.begin(), preview.gaps.end() - kGapsListedMax);
    }
    if (past.left_out > 0)
        preview.notes.push_back(
            fmt::format("{} changes were left out: of one thing that changes more than {} times a "
                        "minute not each is kept",
                        past.left_out, kHistoryTurnsMax));
    if (rule.threshold.is_set())
        preview.notes.push_back(
            "numbers are kept in steps of a hundredth, and at thresholds that a rule had then: "
            "that a threshold was passed is right to such a step");
    return preview;
}

}  // namespace nightshift::alerts
