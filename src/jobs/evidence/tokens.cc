#include <fmt/ranges.h>

#include <boost/json.hpp>

#include "jobs/evidence/condition.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"
#include "recorder/recorder.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    Condition condition;
    bool allows_none = false;  // `min` is 0
    std::string agent;
    std::string session;
};

struct Measured {
    int64_t calls = 0;
    int64_t tokens = 0;
};

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

int64_t whole(const recorder::Value& value) {
    if (const auto* number = std::get_if<int64_t>(&value)) return *number;
    if (const auto* number = std::get_if<double>(&value)) return static_cast<int64_t>(*number);
    return 0;
}

// The model calls of the agent or session between the run's start and its end.
Result<Measured> measure(const recorder::Recorder& recorder, const Rule& rule, const std::string& tenant,
                         const Execution& run) {
    recorder::Query query;
    query.scope = {tenant, unix_us(run.started), unix_us(run.ended) + 1};
    query.where = "kind = model_call";
    if (!rule.agent.empty()) query.where += " and agent = " + in_quotes(rule.agent);
    if (!rule.session.empty()) query.where += " and session = " + in_quotes(rule.session);
    query.aggregates = {"count", "sum(total_tokens)"};
    NS_TRY(recorder::QueryResult result, recorder.query(query));
    if (result.rows.empty() || result.rows.front().size() < 2) return Measured{};
    return Measured{whole(result.rows.front()[0]), whole(result.rows.front()[1])};
}

// Nought is suspicious: work of a model that used no tokens is no work, unless the job says that it may be.
Finding judge(const Rule& rule, double tokens, std::string_view suffix, const std::vector<double>& history) {
    if (tokens == 0 && !rule.allows_none) return fails(fmt::format("0 tokens{}", suffix), 0);
    return rule.condition.judge(fmt::format("tokens{}", suffix), Datum::of(tokens), history);
}

// What the run's model calls used. The recorder's telemetry first; else what the run's system says.
class Tokens final : public Source {
public:
    explicit Tokens(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "tokens"; }
    std::string describe() const override {
        std::string who = rule_->session.empty() ? rule_->agent : rule_->session;
        return fmt::format("tokens{}{}: {}", who.empty() ? "" : " of ", who, rule_->condition.describe());
    }

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        bool is_named = !rule_->agent.empty() || !rule_->session.empty();
        if (instruments.recorder && is_named) {
            Result<Measured> measured = co_await measure_on_pool(work, instruments);
            if (!measured)
                co_return observation(unknown(fmt::format("could not look: {}", measured.error().message)),
                                      observer());
            if (measured->calls > 0) {
                std::string suffix = fmt::format(" in {} model calls", measured->calls);
                co_return observation(
                    judge(*rule_, static_cast<double>(measured->tokens), suffix, work.history), observer());
            }
        }
        if (work.execution.tokens > 0) {
            Finding told = judge(*rule_, static_cast<double>(work.execution.tokens), "", work.history);
            co_return observation(told, "the run's system", true);
        }
        co_return observation(unknown("nobody measured the run's tokens"), observer());
    }
    std::string observer() const override { return "recorder"; }

private:
    Task<Result<Measured>> measure_on_pool(const Work& work, const Instruments& instruments) const {
        std::function<Result<Measured>(Until)> look = [rule = rule_, recorder = instruments.recorder,
                                                       tenant = work.tenant, run = work.execution](Until) {
            return measure(*recorder, *rule, tenant, run);
        };
        co_return co_await on_pool<Measured>(instruments, std::move(look));
    }

    std::shared_ptr<const Rule> rule_;
};

}  // namespace

Parsed parse_tokens(const boost::json::value& value) {
    Keys keys("tokens", value, {"min", "max", "within", "agent", "session"});
    Rule rule;
    rule.condition = Condition::parse(keys);
    rule.allows_none = keys.number("min") == 0.0;
    rule.agent = keys.text("agent").value_or("");
    rule.session = keys.text("session").value_or("");
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Tokens>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
