#include <boost/json.hpp>

#include "jobs/evidence/condition.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"
#include "recorder/filter.h"
#include "recorder/recorder.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    std::string filter;
    uint64_t min = 1;
    std::optional<uint64_t> max;
    bool after_start = true;
    milliseconds within{0};  // after the run's end
};

struct Counted {
    int64_t matching = 0;
    int64_t all = 0;  // whatever the tenant's agents did in that time
};

Result<int64_t> count(const recorder::Recorder& recorder, const recorder::Scope& scope,
                      const std::string& where) {
    recorder::Query query;
    query.scope = scope;
    query.where = where;
    query.aggregates = {"count"};
    NS_TRY(recorder::QueryResult result, recorder.query(query));
    if (result.rows.empty() || result.rows.front().empty()) return 0;
    const auto* number = std::get_if<int64_t>(&result.rows.front().front());
    return number ? *number : 0;
}

Result<Counted> count_both(const recorder::Recorder& recorder, const recorder::Scope& scope,
                           const Rule& rule) {
    Counted counted;
    NS_TRY(counted.matching, count(recorder, scope, rule.filter));
    if (counted.matching > 0) {
        counted.all = counted.matching;
        return counted;
    }
    NS_TRY(counted.all, count(recorder, scope, ""));
    return counted;
}

Finding judge(const Rule& rule, const Counted& counted, bool may_still_come) {
    auto value = static_cast<double>(counted.matching);
    auto number = static_cast<uint64_t>(counted.matching);
    // Silence of one that says nothing at all is no evidence of absence.
    if (counted.all == 0) return unknown("the recorder has no event at all from this time", value);
    std::string text = fmt::format("{} such events", counted.matching);
    if (rule.max && number > *rule.max) return fails(fmt::format("{}, more than {}", text, *rule.max), value);
    if (number >= rule.min && !(rule.max && may_still_come)) return holds(text, value);
    if (may_still_come) return unknown(text + " up to now; more may come", value);
    return fails(fmt::format("{}, fewer than {}", text, rule.min), value);
}

// What agents did, in the flight recorder.
class Event final : public Source {
public:
    explicit Event(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "event"; }
    std::string describe() const override {
        std::string most = rule_->max ? fmt::format(" to {}", *rule_->max) : " or more";
        return fmt::format("{}{} events with {}", rule_->min, most, rule_->filter);
    }

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        if (!instruments.recorder) co_return observation(unknown("there is no recorder"), observer());
        Time from =
            rule_->after_start ? work.execution.started : std::min(work.nominal, work.execution.started);
        Time to = work.execution.ended + rule_->within;
        recorder::Scope scope{work.tenant, unix_us(from), unix_us(to) + 1};
        std::function<Result<Counted>(Until)> look = [rule = rule_, scope,
                                                      recorder = instruments.recorder](Until) {
            return count_both(*recorder, scope, *rule);
        };
        Result<Counted> counted = co_await on_pool<Counted>(instruments, std::move(look));
        if (!counted)
            co_return observation(unknown(fmt::format("could not look: {}", counted.error().message)),
                                  observer());
        bool may_still_come = instruments.clock.now() < to;
        co_return observation(judge(*rule_, *counted, may_still_come), observer());
    }
    std::string observer() const override { return "recorder"; }

private:
    std::shared_ptr<const Rule> rule_;
};

// 'molt' would be a bare word with its quotes, which no agent has.
bool has_single_quote(const recorder::Filter& filter) {
    for (const auto& value : filter.values) {
        if (value.text.starts_with('\'')) return true;
    }
    for (const auto& child : filter.children) {
        if (has_single_quote(child)) return true;
    }
    return false;
}

}  // namespace

Parsed parse_event(const boost::json::value& value) {
    Keys keys("event", value, {"filter", "min", "max", "after_start", "within"});
    Rule rule;
    rule.filter = keys.required("filter");
    Result<recorder::Filter> filter = recorder::parse_filter(rule.filter);
    if (!filter) keys.refuse("event.filter: " + filter.error().message);
    if (filter && has_single_quote(*filter)) keys.refuse("event.filter: text is quoted with \", not with '");
    rule.max = keys.count("max");
    rule.min = keys.count("min").value_or(rule.max == 0U ? 0 : 1);
    check_order(keys, static_cast<double>(rule.min), keys.number("max"));
    if (rule.min == 0 && !rule.max) keys.refuse("event: min 0 without a max is always so");
    rule.after_start = keys.flag("after_start").value_or(true);
    rule.within = keys.duration("within").value_or(milliseconds(0));
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Event>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
