#include "alerts/evaluator.h"

#include <algorithm>
#include <cstring>

#include "alerts/limits.h"

namespace nightshift::alerts {
namespace {

uint64_t mix(uint64_t a, uint64_t b) {
    return (a ^ (b + 0x9e3779b97f4a7c15ull + (a << 6) + (a >> 2))) * 0xff51afd7ed558ccdull;
}

uint64_t digest_of(const Signal& signal) {
    uint64_t value = 0;
    static_assert(sizeof(value) == sizeof(signal.value));
    std::memcpy(&value, &signal.value, sizeof(value));
    uint64_t says = std::hash<std::string>{}(signal.says);
    return mix(mix(signal.labels.fingerprint(), value), says);
}

// Which thing a signal is about: its identity labels, or for measured ones all of them.
Labels identity(SignalKind kind, const Signal& signal) {
    const std::vector<std::string>& names = identity_of(kind);
    return names.empty() ? signal.labels : signal.labels.only(names);
}

std::string index_key(std::string_view name, std::string_view value) {
    std::string key(name);
    key += '\x1f';
    key += value;
    return key;
}

bool is_measured(SignalKind kind) {
    return kind == SignalKind::kQuery || kind == SignalKind::kSilence;
}

Labels added_labels(const Rule& rule) {
    Labels added = rule.labels;
    added.set("alertname", rule.name);
    if (rule.severity) added.set("severity", to_string(*rule.severity));
    return added;
}

// A rule that is found by a label's value asks only about signals that have it.
const Matcher* selective_matcher(const Rule& rule) {
    const Matcher* best = nullptr;
    const std::vector<std::string>& names = identity_of(rule.on);
    for (const Matcher& each : rule.where) {
        if (each.op != Matcher::Op::kEqual || each.value.empty()) continue;
        bool is_identity = std::find(names.begin(), names.end(), each.name) != names.end();
        if (best == nullptr || is_identity) best = &each;
    }
    return best;
}

}  // namespace

Evaluator::Evaluator(std::vector<RulePtr> rules) {
    replace(std::move(rules));
}

void Evaluator::replace(std::vector<RulePtr> rules) {
    std::unordered_map<std::string, Slot> before;
    for (Slot& slot : slots_) before.emplace(slot.rule->name, std::move(slot));
    std::unordered_map<uint32_t, std::string> old_names;
    for (const auto& [name, index] : by_name_) old_names.emplace(index, name);

    slots_.clear();
    by_name_.clear();
    for (RulePtr& rule : rules) {
        if (!rule->is_enabled || by_name_.contains(rule->name)) continue;
        by_name_.emplace(rule->name, static_cast<uint32_t>(slots_.size()));
        Slot slot;
        if (auto known = before.find(rule->name); known != before.end()) slot.state = known->second.state;
        slot.state.rule = rule;
        slot.added = added_labels(*rule);
        slot.rule = std::move(rule);
        slots_.push_back(std::move(slot));
    }
    // Of a rule that is gone the series end with the next tick: nothing holds for them any more.
    for (auto& [id, series] : series_) {
        auto now_at = by_name_.find(old_names[series.rule]);
        series.rule = now_at == by_name_.end() ? UINT32_MAX : now_at->second;
        series.holds = false;
    }
    for (SeenTable& table : seen_) table.clear();
    seen_by_rule_.clear();
    index_rules();
}

void Evaluator::index_rules() {
    for (size_t kind = 0; kind < kSignalKindCount; ++kind) {
        by_label_[kind].clear();
        unindexed_[kind].clear();
        indexed_names_[kind].clear();
    }
    for (uint32_t i = 0; i < slots_.size(); ++i) {
        const Rule& rule = *slots_[i].rule;
        auto kind = static_cast<size_t>(rule.on);
        const Matcher* matcher = selective_matcher(rule);
        if (matcher == nullptr) {
            unindexed_[kind].push_back(i);
            continue;
        }
        by_label_[kind][index_key(matcher->name, matcher->value)].push_back(i);
        auto& names = indexed_names_[kind];
        if (std::find(names.begin(), names.end(), matcher->name) == names.end())
            names.push_back(matcher->name);
    }
}

void Evaluator::candidates_for(SignalKind kind, const Signal& signal, std::vector<uint32_t>& found) const {
    auto at = static_cast<size_t>(kind);
    found = unindexed_[at];
    for (const std::string& name : indexed_names_[at]) {
        auto rules = by_label_[at].find(index_key(name, signal.labels.get(name)));
        if (rules != by_label_[at].end())
            found.insert(found.end(), rules->second.begin(), rules->second.end());
    }
}

void Evaluator::observe(SignalKind kind, const std::vector<Signal>& all, Time now) {
    ++round_;
    SeenTable& table = seen_[static_cast<size_t>(kind)];
    std::vector<uint32_t> candidates;
    for (const Signal& signal : all) {
        uint64_t key = mix(std::hash<std::string>{}(signal.tenant), identity(kind, signal).fingerprint());
        Seen& seen = table[key];
        uint64_t digest = digest_of(signal);
        bool is_same = seen.round != 0 && seen.digest == digest;
        seen.round = round_;
        if (is_same) continue;
        seen.digest = digest;
        for (uint64_t id : seen.series) {
            if (auto series = series_.find(id); series != series_.end()) series->second.holds = false;
        }
        seen.series.clear();
        candidates_for(kind, signal, candidates);
        for (uint32_t rule : candidates) {
            const Rule& each = *slots_[rule].rule;
            if (each.tenant != signal.tenant || !each.threshold.holds(signal.value) ||
                !match_all(each.where, signal.labels))
                continue;
            if (uint64_t id = hold_series(rule, signal, now)) seen.series.push_back(id);
        }
    }
    forget_unseen(table, round_);
    for (Slot& slot : slots_) {
        if (slot.rule->on != kind || is_measured(kind)) continue;
        slot.is_known = true;
        slot.state.last_look = now;
        slot.state.problem.clear();
    }
}

void Evaluator::forget_unseen(SeenTable& table, uint64_t round) {
    for (auto each = table.begin(); each != table.end();) {
        if (each->second.round == round) {
            ++each;
            continue;
        }
        for (uint64_t id : each->second.series) {
            if (auto series = series_.find(id); series != series_.end()) series->second.holds = false;
        }
        each = table.erase(each);
    }
}

void Evaluator::observe_unknown(SignalKind kind, std::string why) {
    for (Slot& slot : slots_) {
        if (slot.rule->on != kind) continue;
        slot.is_known = false;
        slot.state.problem = why;
    }
}

void Evaluator::observe_rule(const std::string& rule, const std::vector<Signal>& all, Time now) {
    auto found = by_name_.find(rule);
    if (found == by_name_.end()) return;
    Slot& slot = slots_[found->second];
    slot.is_known = true;
    slot.state.last_look = now;
    slot.state.problem.clear();
    ++round_;
    SeenTable& table = seen_by_rule_[rule];
    for (const Signal& signal : all) {
        Seen& seen = table[signal.labels.fingerprint()];
        seen.round = round_;
        for (uint64_t id : seen.series) {
            if (auto series = series_.find(id); series != series_.end()) series->second.holds = false;
        }
        seen.series.clear();
        if (!slot.rule->threshold.holds(signal.value) || !match_all(slot.rule->where, signal.labels))
            continue;
        if (uint64_t id = hold_series(found->second, signal, now)) seen.series.push_back(id);
    }
    forget_unseen(table, round_);
}

void Evaluator::observe_rule_unknown(const std::string& rule, std::string why) {
    auto found = by_name_.find(rule);
    if (found == by_name_.end()) return;
    slots_[found->second].is_known = false;
    slots_[found->second].state.problem = std::move(why);
}

uint64_t Evaluator::hold_series(uint32_t rule, const Signal& signal, Time now) {
    const Rule& which = *slots_[rule].rule;
    Labels labels = identity(which.on, signal).with(signal.added).with(slots_[rule].added);
    uint64_t id = mix(std::hash<std::string>{}(signal.tenant), labels.fingerprint());
    auto found = series_.find(id);
    if (found == series_.end()) {
        if (series_.size() >= kSeriesMax) {
            ++dropped_;
            return 0;
        }
        found = series_.emplace(id, Series{.rule = rule, .labels = std::move(labels)}).first;
        found->second.started = now;
    }
    Series& series = found->second;
    if (series.is_told && (series.signal.says != signal.says || series.signal.labels != signal.labels))
        series.has_changed = true;
    series.signal = signal;
    series.holds = true;
    return id;
}

void Evaluator::restore(const Alert& alert, Time now) {
    auto rule = by_name_.find(std::string(alert.name()));
    if (rule == by_name_.end()) return;
    Series series;
    series.rule = rule->second;
    series.labels = alert.labels;
    series.signal = {.tenant = std::string(alert.tenant), .labels = alert.labels, .since = alert.starts};
    series.signal.says = alert.annotations.get("says");
    series.signal.ref = alert.annotations.get("ref");
    series.hold.phase = Phase::kFiring;
    series.hold.since = alert.starts;
    series.hold.last_true = now;
    series.hold.was_true = true;
    series.hold.history = 1;
    series.hold.is_flapping = alert.is_flapping;
    series.is_told = true;
    series.started = alert.starts;
    // Until this kind is looked at for the first time, nobody can say that it is over.
    slots_[rule->second].is_known = false;
    series_.emplace(mix(std::hash<std::string_view>{}(alert.tenant), alert.labels.fingerprint()),
                    std::move(series));
}

Alert Evaluator::alert_of(const Series& series, Time now, bool is_over) const {
    Alert alert;
    alert.tenant = series.signal.tenant;
    alert.labels = series.labels;
    std::string summary = series.signal.says;
    std::string description;
    if (series.rule < slots_.size()) {
        const Rule& rule = *slots_[series.rule].rule;
        if (!rule.summary.empty()) summary = fill_in(rule.summary, series.signal);
        description = rule.description;
    }
    Labels state = series.signal.labels;
    alert.annotations = state.with({{"summary", summary},
                                    {"description", description},
                                    {"says", series.signal.says},
                                    {"ref", series.signal.ref}});
    alert.starts = series.started;
    alert.ends = is_over ? now : Alert::kForever;
    alert.updated = now;
    alert.generator = "rule";
    alert.is_own = true;
    alert.is_flapping = series.hold.is_flapping;
    return alert;
}

std::vector<Alert> Evaluator::tick(Time now) {
    std::vector<Alert> changed;
    for (Slot& slot : slots_) slot.state.pending = slot.state.firing = 0;
    for (auto each = series_.begin(); each != series_.end();) {
        Series& series = each->second;
        bool has_rule = series.rule < slots_.size();
        HoldPolicy policy = has_rule ? slots_[series.rule].rule->hold : HoldPolicy{};
        Look look = series.holds ? Look::kTrue : Look::kFalse;
        if (has_rule && !slots_[series.rule].is_known) look = Look::kUnknown;
        bool was_flapping = series.hold.is_flapping;
        series.hold = step(series.hold, look, policy, now);
        if (!has_rule) series.hold.phase = Phase::kInactive;
        bool is_firing = series.hold.phase == Phase::kFiring;
        if (is_firing && !series.is_told) {
            series.started = now;
            if (has_rule) ++slots_[series.rule].state.fired_total;
        }
        bool is_news = is_firing != series.is_told ||
                       (is_firing && (series.has_changed || was_flapping != series.hold.is_flapping));
        if (is_news) changed.push_back(alert_of(series, now, !is_firing));
        series.is_told = is_firing;
        series.has_changed = false;
        if (has_rule) {
            slots_[series.rule].state.firing += is_firing ? 1 : 0;
            slots_[series.rule].state.pending += series.hold.phase == Phase::kPending ? 1 : 0;
        }
        bool is_done = !has_rule || (!series.holds && is_idle(series.hold, policy, now));
        each = is_done ? series_.erase(each) : std::next(each);
    }
    return changed;
}

std::optional<Time> Evaluator::next_turn() const {
    std::optional<Time> next;
    for (const auto& [id, series] : series_) {
        if (series.rule >= slots_.size()) continue;
        auto turn = nightshift::alerts::next_turn(series.hold, slots_[series.rule].rule->hold);
        if (turn && (!next || *turn < *next)) next = turn;
    }
    return next;
}

std::vector<RuleState> Evaluator::rules() const {
    std::vector<RuleState> all;
    all.reserve(slots_.size());
    for (const Slot& slot : slots_) all.push_back(slot.state);
    return all;
}

const Rule* Evaluator::find(std::string_view name) const {
    auto found = by_name_.find(std::string(name));
    return found == by_name_.end() ? nullptr : slots_[found->second].rule.get();
}

}  // namespace nightshift::alerts
