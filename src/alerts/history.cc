#include "alerts/history.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "alerts/limits.h"
#include "base/text.h"

namespace nightshift::alerts {
namespace {

constexpr double kStep = 0.01;
constexpr seconds kGapMin{30};
constexpr seconds kClockSlack{60};

uint64_t mix(uint64_t a, uint64_t b) {
    return (a ^ (b + 0x9e3779b97f4a7c15ull + (a << 6) + (a >> 2))) * 0xff51afd7ed558ccdull;
}

// Never 0, which means that there is nothing.
uint64_t digest_of(uint64_t labels, double value) {
    return mix(labels, std::bit_cast<uint64_t>(value)) | 1;
}

// Which thing of its kind and tenant it is.
uint64_t thing_of(SignalKind kind, const Labels& labels) {
    uint64_t key = 0;
    for (const std::string& name : identity_of(kind))
        key = mix(key, std::hash<std::string_view>{}(labels.get(name)));
    return key;
}

int64_t minute_of(Time time) {
    return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

bool passes_between(const std::vector<double>& thresholds, double kept, double value) {
    auto place = [&](double at) { return std::equal_range(thresholds.begin(), thresholds.end(), at); };
    return place(kept) != place(value);
}

}  // namespace

bool is_step(double kept, double value) {
    if (std::isfinite(kept) != std::isfinite(value)) return true;
    return std::abs(value - kept) >= kStep * std::max(1.0, std::abs(kept));
}

History::History(seconds every) : gap_max_(std::max(kGapMin, 3 * every)) {}

void History::restore(const std::vector<Stretch>& open, int64_t next_id) {
    next_id_ = next_id;
    for (const Stretch& each : open) {
        Thing& thing =
            tables_[static_cast<size_t>(each.kind)][each.tenant].things[thing_of(each.kind, each.labels)];
        // Two that are open would both be told of: the one that is forgotten here ends where the other began.
        if (thing.id != 0) batch_.closed.push_back({thing.id, each.from});
        thing.id = each.id;
        thing.kept_labels = each.labels.fingerprint();
        thing.kept_value = each.value;
        thing.seen = digest_of(thing.kept_labels, each.value);
        thing.seen_since = each.from;
    }
}

void History::replace_rules(const std::vector<RulePtr>& rules) {
    for (auto& each : thresholds_) each.clear();
    for (const RulePtr& rule : rules) {
        auto& known = thresholds_[static_cast<size_t>(rule->on)];
        if (rule->threshold.above) known.push_back(*rule->threshold.above);
        if (rule->threshold.below) known.push_back(*rule->threshold.below);
    }
    for (auto& each : thresholds_) {
        std::sort(each.begin(), each.end());
        each.erase(std::unique(each.begin(), each.end()), each.end());
    }
}

// Time that does not go back: a step back that is more than a correction ends everything and begins anew.
Time History::steady(Time now) {
    if (now < last_ && last_ - now <= kClockSlack) return last_;
    if (now < last_) {
        for (auto& tables : tables_) {
            for (auto& [tenant, table] : tables) {
                for (auto& [key, thing] : table.things) {
                    if (thing.id != 0) batch_.closed.push_back({thing.id, last_});
                }
                table.things.clear();
            }
        }
        end("the clock was set back");
        minute_ = 0;
    }
    last_ = now;
    return now;
}

void History::watch(SignalKind kind, Time now) {
    Watch& watch = watches_[static_cast<size_t>(kind)];
    if (watch.id != 0 && now - watch.last > gap_max_) stop_watching(kind, "nobody looked");
    if (watch.id == 0) watch = {next_id_++, now, now};
    watch.last = now;
}

void History::stop_watching(SignalKind kind, const std::string& why) {
    Watch& watch = watches_[static_cast<size_t>(kind)];
    if (watch.id == 0) return;
    batch_.watched.push_back({watch.id, kind, watch.from, watch.last, why});
    watch = {};
}

void History::look(SignalKind kind, const std::vector<Signal>& all, Time now) {
    watch(kind, steady(now));
    ++round_;
    auto& tables = tables_[static_cast<size_t>(kind)];
    for (auto& [tenant, table] : tables) table.seen_now = 0;
    Table* table = nullptr;
    const std::string* tenant = nullptr;
    bool is_full = false;
    for (const Signal& signal : all) {
        if (tenant == nullptr || *tenant != signal.tenant) {
            auto found = tables.try_emplace(signal.tenant).first;
            tenant = &found->first;
            table = &found->second;
        }
        uint64_t key = thing_of(kind, signal.labels);
        auto known = table->things.find(key);
        if (known == table->things.end()) {
            is_full = is_full || table->things.size() >= kHistoryThingsMax;
            if (is_full) continue;
            known = table->things.try_emplace(key).first;
        }
        Thing& thing = known->second;
        if (thing.round == round_) continue;  // told twice
        thing.round = round_;
        ++table->seen_now;
        uint64_t digest = digest_of(signal.labels.fingerprint(), signal.value);
        if (digest != thing.seen || thing.is_waiting) note(kind, *tenant, *table, thing, &signal, digest);
    }
    if (is_full) stop_watching(kind, fmt::format("there are more than {} of them", kHistoryThingsMax));
    for (auto& [name, each] : tables) {
        if (each.seen_now != each.things.size()) note_gone(kind, name, each);
    }
}

void History::note_gone(SignalKind kind, const std::string& tenant, Table& table) {
    for (auto each = table.things.begin(); each != table.things.end();) {
        Thing& thing = each->second;
        if (thing.round != round_ && (thing.seen != 0 || thing.is_waiting))
            note(kind, tenant, table, thing, nullptr, 0);
        // It is remembered for a while, so that one that comes and goes is no new one each time.
        bool is_past = thing.round != round_ && thing.id == 0 && minute_of(last_) > thing.minute + 1;
        each = is_past ? table.things.erase(each) : std::next(each);
    }
}

void History::note(SignalKind kind, const std::string& tenant, Table& table, Thing& thing,
                   const Signal* signal, uint64_t digest) {
    bool is_lost = digest != thing.seen && thing.is_waiting;
    if (digest != thing.seen) {
        thing.seen = digest;
        thing.seen_since = last_;
    }
    thing.is_waiting = differs(kind, thing, signal);
    if (is_lost) {
        // What waited was never kept; when it is again what was kept, neither was its end.
        uint64_t lost = thing.is_waiting ? 1 : 2;
        table.left_out[std::chrono::floor<std::chrono::hours>(last_)] += lost;
        left_out_total_ += lost;
    }
    if (!thing.is_waiting || !may_keep(thing)) return;
    keep(kind, tenant, thing, signal);
    thing.is_waiting = false;
}

bool History::differs(SignalKind kind, const Thing& thing, const Signal* signal) const {
    if (signal == nullptr) return thing.id != 0;
    if (thing.id == 0 || signal->labels.fingerprint() != thing.kept_labels) return true;
    return is_step(thing.kept_value, signal->value) ||
           passes_between(thresholds_[static_cast<size_t>(kind)], thing.kept_value, signal->value);
}

bool History::may_keep(Thing& thing) {
    int64_t minute = minute_of(last_);
    if (minute_ != minute) {
        minute_ = minute;
        changes_ = 0;
    }
    if (thing.minute != minute) {
        thing.minute = minute;
        thing.turns = 0;
    }
    if (changes_ >= kHistoryChangesMax || thing.turns >= kHistoryTurnsMax) return false;
    ++changes_;
    ++thing.turns;
    return true;
}

void History::keep(SignalKind kind, const std::string& tenant, Thing& thing, const Signal* signal) {
    if (thing.id != 0) batch_.closed.push_back({thing.id, thing.seen_since});
    thing.id = 0;
    if (signal == nullptr) return;
    thing.id = next_id_++;
    thing.kept_labels = signal->labels.fingerprint();
    thing.kept_value = signal->value;
    Stretch opened;
    opened.id = thing.id;
    opened.kind = kind;
    opened.tenant = tenant;
    opened.labels = signal->labels;
    opened.added = signal->added;
    opened.value = signal->value;
    opened.says = truncate_utf8(signal->says, kHistorySaysBytesMax);
    opened.from = thing.seen_since;
    batch_.opened.push_back(std::move(opened));
}

void History::look_unknown(SignalKind kind, const std::string& why, Time now) {
    steady(now);
    stop_watching(kind, why);
}

void History::end(const std::string& why) {
    for (size_t kind = 0; kind < kSignalKindCount; ++kind) stop_watching(static_cast<SignalKind>(kind), why);
}

void History::forget() {
    for (auto& each : tables_) each.clear();
    watches_ = {};
    batch_ = {};
}

HistoryBatch History::take() {
    for (size_t kind = 0; kind < kSignalKindCount; ++kind) {
        const Watch& watch = watches_[kind];
        if (watch.id != 0)
            batch_.watched.push_back({watch.id, static_cast<SignalKind>(kind), watch.from, watch.last, ""});
        for (auto& [tenant, table] : tables_[kind]) {
            for (const auto& [hour, count] : table.left_out)
                batch_.left_out.push_back({static_cast<SignalKind>(kind), tenant, hour, count});
            table.left_out.clear();
        }
    }
    return std::exchange(batch_, {});
}

size_t History::things() const {
    size_t all = 0;
    for (const auto& tables : tables_) {
        for (const auto& [tenant, table] : tables) all += table.things.size();
    }
    return all;
}

}  // namespace nightshift::alerts
