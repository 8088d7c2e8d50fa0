#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "alerts/alert.h"
#include "alerts/rule.h"

namespace nightshift::alerts {

// A rule as people see it.
struct RuleState {
    RulePtr rule;
    uint32_t pending = 0;
    uint32_t firing = 0;
    uint64_t fired_total = 0;  // since start
    Time last_look;            // nothing was ever looked at: the epoch
    std::string problem;       // why it cannot be looked at; empty: it can
};

// All rules over all signals. Pure: no clock, no I/O; one thread at a time. A signal that did not change
// costs a lookup and no rule is asked about it; rules are found by their `label=value` conditions.
class Evaluator {
public:
    explicit Evaluator(std::vector<RulePtr> rules);

    // Rules that stay the same keep their series.
    void replace(std::vector<RulePtr> rules);

    // All signals of a kind as they are now.
    void observe(SignalKind kind, const std::vector<Signal>& all, Time now);
    // Nobody can say how this kind is: nothing of it begins or ends.
    void observe_unknown(SignalKind kind, std::string why);
    // The same for a rule that measures for itself.
    void observe_rule(const std::string& rule, const std::vector<Signal>& all, Time now);
    void observe_rule_unknown(const std::string& rule, std::string why);

    // Series that fired before a restart: they go on until a look says otherwise.
    void restore(const Alert& alert, Time now);

    // Lets time pass, and gives the alerts that began, ended or changed since the last call.
    std::vector<Alert> tick(Time now);
    // When a tick without any news would give something next, as far as is known. Nothing: never.
    std::optional<Time> next_turn() const;

    std::vector<RuleState> rules() const;
    const Rule* find(std::string_view name) const;
    size_t series() const { return series_.size(); }
    uint64_t dropped_total() const { return dropped_; }

private:
    struct Slot {
        RulePtr rule;
        Labels added;  // to each of its alerts
        RuleState state;
        bool is_known = false;  // the last look could tell
    };
    struct Series {
        uint32_t rule = 0;
        Labels labels;  // of the alert
        Signal signal;  // the last one that held
        Hold hold;
        bool holds = false;
        bool is_told = false;      // the alert was given as firing
        bool has_changed = false;  // what it says differs from what was told
        Time started;
    };
    struct Seen {
        uint64_t digest = 0;  // of labels, value and words
        uint64_t round = 0;
        std::vector<uint64_t> series;  // of the rules that hold for it
    };
    using SeenTable = std::unordered_map<uint64_t, Seen>;

    void index_rules();
    void candidates_for(SignalKind kind, const Signal& signal, std::vector<uint32_t>& found) const;
    void forget_unseen(SeenTable& table, uint64_t round);
    uint64_t hold_series(uint32_t rule, const Signal& signal, Time now);
    Alert alert_of(const Series& series, Time now, bool is_over) const;

    std::vector<Slot> slots_;
    std::unordered_map<std::string, uint32_t> by_name_;
    // For each kind: rules by "label\x1fvalue" of one of their equalities, and those without any.
    std::array<std::unordered_map<std::string, std::vector<uint32_t>>, kSignalKindCount> by_label_;
    std::array<std::vector<uint32_t>, kSignalKindCount> unindexed_;
    std::array<std::vector<std::string>, kSignalKindCount> indexed_names_;
    std::array<SeenTable, kSignalKindCount> seen_;
    std::unordered_map<std::string, SeenTable> seen_by_rule_;
    std::unordered_map<uint64_t, Series> series_;
    uint64_t round_ = 0;
    uint64_t dropped_ = 0;
};

}  // namespace nightshift::alerts
