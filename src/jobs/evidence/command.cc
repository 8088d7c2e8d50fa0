#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>

#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/probe_process.h"
#include "jobs/evidence/text_condition.h"
#include "jobs/evidence/time_text.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    std::vector<std::string> argv;
    std::vector<int> exit_codes{0};
    std::vector<std::string> environment;
    TextCondition text;
    std::optional<milliseconds> timeout;
};

Finding judge(const Rule& rule, const ProbeEnd& end) {
    if (end.timed_out) return unknown("the probe did not end in time and was killed");
    if (end.signal != 0) return unknown(fmt::format("the probe was killed by signal {}", end.signal));
    int code = end.exit_code.value_or(-1);
    bool is_allowed =
        std::find(rule.exit_codes.begin(), rule.exit_codes.end(), code) != rule.exit_codes.end();
    FileText output{end.output, end.output_bytes, end.output.size() == end.output_bytes};
    std::string text = fmt::format("the probe's exit code is {}", code);
    if (!is_allowed) {
        text += fmt::format(", not {}", fmt::join(rule.exit_codes, " or "));
        if (!end.output.empty()) text += fmt::format(": {}", end.output.substr(0, kObservedBytesMax));
        // A shell's words for a program that is not there or cannot run.
        if (code == 126 || code == 127) return unknown(text, code);
        return fails(text, code);
    }
    std::vector<Finding> parts{holds(text, code)};
    if (!rule.text.is_empty()) parts.push_back(rule.text.judge("the probe's output", output));
    return all_of(parts);
}

// A program of the user's that looks; Nightshift runs it, not the work.
class CommandProbe final : public Source {
public:
    explicit CommandProbe(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "command"; }
    std::string describe() const override {
        std::string text = fmt::format("{} exits with {}", fmt::join(rule_->argv, " "),
                                       fmt::join(rule_->exit_codes, " or "));
        if (!rule_->text.is_empty()) text += " and its output " + rule_->text.describe();
        return text;
    }

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        ProbeCommand command;
        command.argv = rule_->argv;
        command.folder = work.folder;
        for (const std::string& name : rule_->environment) {
            std::optional<std::string> value =
                instruments.environment ? instruments.environment(name) : std::nullopt;
            if (!value)
                co_return observation(unknown(fmt::format("the environment has no {}", name)), observer());
            command.environment[name] = *value;
        }
        command.environment["NIGHTSHIFT_JOB"] = work.job;
        command.environment["NIGHTSHIFT_OCCURRENCE"] = work.occurrence;
        command.environment["NIGHTSHIFT_NOMINAL"] = rfc3339_text(work.nominal);
        command.environment["NIGHTSHIFT_STARTED"] = rfc3339_text(work.execution.started);
        command.environment["NIGHTSHIFT_ENDED"] = rfc3339_text(work.execution.ended);
        Instruments patience = instruments;
        patience.timeout = std::min(rule_->timeout.value_or(instruments.timeout), instruments.timeout);
        auto look = [rule = rule_, command = std::move(command)](Until end) {
            Result<ProbeEnd> ended = run_probe(command, end);
            return ended ? judge(*rule, *ended) : unknown(ended.error().message);
        };
        Finding finding = co_await find_on_pool(patience, std::move(look));
        co_return observation(finding, observer());
    }
    std::string observer() const override { return fmt::format("probe {}", rule_->argv.front()); }

private:
    std::shared_ptr<const Rule> rule_;
};

}  // namespace

Parsed parse_command(const boost::json::value& value) {
    Keys keys(
        "command", value,
        {"argv", "exit_code", "environment", "timeout", "matches", "not_matches", "not_hollow", "lines_min"});
    Rule rule;
    if (!keys.has("argv")) keys.refuse("command needs the key 'argv'");
    rule.argv = keys.texts("argv");
    if (!rule.argv.empty() && rule.argv.front().empty()) keys.complain("argv", "a program and its arguments");
    if (keys.has("exit_code")) rule.exit_codes = keys.integers("exit_code", 0, 255);
    rule.environment = keys.texts("environment");
    rule.text = TextCondition::parse(keys, false);
    rule.timeout = keys.duration("timeout");
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<CommandProbe>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
