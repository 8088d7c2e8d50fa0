#include "alerts/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/time_text.h"

namespace nightshift::alerts {
namespace {

constexpr uint32_t kGroupsMax = 1'000;

double number_of(const recorder::Value& value) {
    if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return NAN;
}

std::string text_of(const recorder::Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
    return "";
}

recorder::Query query_of(const Rule& rule, Time from, Time to) {
    recorder::Query query;
    query.scope = {.tenant = rule.tenant, .from_us = unix_us(from), .to_us = unix_us(to)};
    query.where = rule.measure.where;
    query.group_by = rule.measure.group_by;
    query.limit = kGroupsMax;
    return query;
}

Labels labels_of(const Rule& rule, const std::vector<recorder::Value>& row) {
    std::vector<std::string> values;
    for (size_t i = 0; i < rule.measure.group_by.size(); ++i) values.push_back(text_of(row[i]));
    std::vector<Labels::Pair> pairs;
    for (size_t i = 0; i < values.size(); ++i) pairs.emplace_back(rule.measure.group_by[i], values[i]);
    return Labels(pairs);
}

bool is_sum(std::string_view aggregate) {
    return aggregate == "count" || aggregate == "errors" || aggregate.starts_with("sum(");
}

// The aggregate of each group in [from, to); a ratio where the rule asks for one.
Result<std::map<Labels, double>> values_between(const recorder::Recorder& recorder, const Rule& rule,
                                                Time from, Time to) {
    recorder::Query query = query_of(rule, from, to);
    query.aggregates.push_back(rule.measure.aggregate);
    bool is_ratio = !rule.measure.divide_by.empty() && rule.measure.divide_by != rule.measure.aggregate;
    if (is_ratio) query.aggregates.push_back(rule.measure.divide_by);
    NS_TRY(recorder::QueryResult result, recorder.query(query));
    std::map<Labels, double> values;
    size_t at = rule.measure.group_by.size();
    for (const auto& row : result.rows) {
        double value = number_of(row[at]);
        if (is_ratio) {
            double below = number_of(row[at + 1]);
            value = below > 0 ? value / below : NAN;
        }
        if (std::isfinite(value)) values.emplace(labels_of(rule, row), value);
    }
    // Nothing happened: of what is counted that is a value, of what is measured it is not.
    if (values.empty() && rule.measure.group_by.empty() && !is_ratio && is_sum(rule.measure.aggregate))
        values.emplace(Labels(), 0);
    return values;
}

std::string span(seconds length) {
    if (length.count() % 3600 == 0) return fmt::format("{}h", length.count() / 3600);
    if (length.count() % 60 == 0) return fmt::format("{}m", length.count() / 60);
    return fmt::format("{}s", length.count());
}

Result<std::vector<Signal>> measure_query(const recorder::Recorder& recorder, const Rule& rule, Time now) {
    const Measure& measure = rule.measure;
    NS_TRY(auto values, values_between(recorder, rule, now - measure.over, now));
    std::map<Labels, double> before;
    if (measure.against.count() > 0) {
        Time then = now - measure.against;
        NS_TRY(before, values_between(recorder, rule, then - measure.over, then));
    }
    std::vector<Signal> signals;
    std::string what = measure.aggregate;
    if (!measure.divide_by.empty()) what += " / " + measure.divide_by;
    for (const auto& [labels, value] : values) {
        Signal signal{.tenant = rule.tenant, .labels = labels, .value = value, .since = now};
        if (measure.against.count() > 0) {
            auto past = before.find(labels);
            // Without a past there is nothing to compare with.
            if (past == before.end() || past->second <= 0) continue;
            signal.value = value / past->second;
            signal.says = fmt::format("{} over {} is {:.4g}, {:.3g} times that of {} ago", what,
                                      span(measure.over), value, signal.value, span(measure.against));
        } else {
            signal.says = fmt::format("{} over {} is {:.4g}", what, span(measure.over), value);
        }
        signals.push_back(std::move(signal));
    }
    return signals;
}

Result<std::vector<Signal>> measure_silence(const recorder::Recorder& recorder, const Rule& rule, Time now) {
    recorder::Query query = query_of(rule, now - rule.measure.over, now + seconds(60));
    query.aggregates = {"max(time)"};
    NS_TRY(recorder::QueryResult result, recorder.query(query));
    std::vector<Signal> signals;
    for (const auto& row : result.rows) {
        double last_ms = number_of(row[rule.measure.group_by.size()]);
        if (!std::isfinite(last_ms)) continue;
        Signal signal{.tenant = rule.tenant, .labels = labels_of(rule, row)};
        signal.since = from_unix_ms(static_cast<int64_t>(last_ms));
        auto silent = std::chrono::floor<seconds>(now - signal.since);
        signal.value = static_cast<double>(std::max<int64_t>(silent.count(), 0));
        // The time of the last word does not change while the silence lasts, so the words do not either.
        signal.says = "nothing was heard since " + time_text(signal.since);
        signals.push_back(std::move(signal));
    }
    return signals;
}

}  // namespace

Result<std::vector<Signal>> measure(const recorder::Recorder& recorder, const Rule& rule, Time now) {
    return rule.on == SignalKind::kSilence ? measure_silence(recorder, rule, now)
                                           : measure_query(recorder, rule, now);
}

seconds measure_every(const Rule& rule) {
    if (rule.on == SignalKind::kSilence) {
        auto patience = seconds(static_cast<int64_t>(rule.threshold.above.value_or(60)));
        return std::clamp<seconds>(patience / 5, seconds(2), seconds(300));
    }
    return std::clamp<seconds>(rule.measure.over / 20, seconds(5), seconds(300));
}

}  // namespace nightshift::alerts
