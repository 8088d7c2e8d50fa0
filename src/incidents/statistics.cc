#include "incidents/statistics.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "incidents/limits.h"
#include "incidents/postmortem.h"

namespace nightshift::incidents {

namespace json = boost::json;

namespace {

class Durations {
public:
    void add(Time from, const std::optional<Time>& to) {
        if (to) all_.push_back(std::max(microseconds(0), *to - from));
    }
    Percentiles percentiles() {
        if (all_.empty()) return {};
        std::sort(all_.begin(), all_.end());
        return {all_.size(), rank(50), rank(95)};
    }

private:
    microseconds rank(size_t percent) const {
        size_t place = (all_.size() * percent + 99) / 100;
        return all_[std::max<size_t>(place, 1) - 1];
    }
    std::vector<microseconds> all_;
};

json::object show(const Percentiles& percentiles) {
    json::object out{{"count", percentiles.count}, {"p50_ms", nullptr}, {"p95_ms", nullptr}};
    if (percentiles.count == 0) return out;
    out["p50_ms"] = percentiles.p50.count() / 1'000;
    out["p95_ms"] = percentiles.p95.count() / 1'000;
    return out;
}

}  // namespace

double RuleStatistics::false_alarm_rate() const {
    return incidents == 0 ? 0 : static_cast<double>(false_alarms) / static_cast<double>(incidents);
}

Statistics statistics_of(const std::vector<Incident>& incidents) {
    Statistics statistics;
    Durations detect;
    Durations diagnose;
    Durations acknowledge;
    Durations resolve;
    std::map<std::string, RuleStatistics> rules;
    for (const Incident& each : incidents) {
        if (statistics.incidents == kIncidentsCountedMax) break;
        ++statistics.incidents;
        detect.add(each.started, each.opened);
        diagnose.add(each.opened, each.diagnosed);
        acknowledge.add(each.opened, each.acknowledged);
        resolve.add(each.opened, each.resolved);
        if (each.state != State::kResolved) ++statistics.unresolved;
        RuleStatistics& rule = rules[std::string(each.rule)];
        rule.rule = each.rule;
        ++rule.incidents;
        if (final_conclusion(each) != Conclusion::kFalseAlarm) continue;
        ++rule.false_alarms;
        ++statistics.false_alarms;
    }
    statistics.left_out = incidents.size() - statistics.incidents;
    statistics.detect = detect.percentiles();
    statistics.diagnose = diagnose.percentiles();
    statistics.acknowledge = acknowledge.percentiles();
    statistics.resolve = resolve.percentiles();
    for (auto& [name, rule] : rules) {
        rule.is_often_wrong = rule.incidents >= kOftenWrongFrom && rule.false_alarms * 2 >= rule.incidents;
        statistics.rules.push_back(std::move(rule));
    }
    std::sort(statistics.rules.begin(), statistics.rules.end(),
              [](const RuleStatistics& a, const RuleStatistics& b) {
                  return a.false_alarms != b.false_alarms ? a.false_alarms > b.false_alarms : a.rule < b.rule;
              });
    return statistics;
}

json::object show(const Statistics& statistics) {
    json::array rules;
    for (const RuleStatistics& each : statistics.rules) {
        rules.push_back({{"rule", each.rule},
                         {"incidents", each.incidents},
                         {"false_alarms", each.false_alarms},
                         {"false_alarm_rate", each.false_alarm_rate()},
                         {"is_often_wrong", each.is_often_wrong}});
    }
    return {{"incidents", statistics.incidents},
            {"left_out", statistics.left_out},
            {"unresolved", statistics.unresolved},
            {"false_alarms", statistics.false_alarms},
            {"detect", show(statistics.detect)},
            {"diagnose", show(statistics.diagnose)},
            {"acknowledge", show(statistics.acknowledge)},
            {"resolve", show(statistics.resolve)},
            {"rules", std::move(rules)}};
}

}  // namespace nightshift::incidents
