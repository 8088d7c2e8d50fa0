#include <boost/json.hpp>

#include "base/text.h"
#include "jobs/evidence/condition.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/last_document.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/text_condition.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    std::optional<JsonPath> path;
    Condition at_path;
    TextCondition text;
};

// What the run wrote; a turn of an agent has its answer in the summary instead.
Result<FileText> read_output(const Execution& run, const std::string& folder, Until until) {
    if (run.output_path.empty()) return FileText{run.summary, run.summary.size(), true};
    std::filesystem::path path = std::filesystem::path(folder) / run.output_path;
    NS_TRY(FileText read, read_end(path, kTextBytesMax, until));
    read.bytes += run.output_dropped_bytes;
    read.is_whole = read.is_whole && run.output_dropped_bytes == 0;
    return read;
}

Finding judge(const Rule& rule, const Execution& run, const std::string& folder,
              const std::vector<double>& history, Until until) {
    Result<FileText> read = read_output(run, folder, until);
    if (!read) return unknown(fmt::format("the output cannot be read: {}", read.error().message));
    if (trim(read->text).empty() && read->is_whole) return fails("the run wrote nothing");
    if (!rule.path) return rule.text.judge("the output", *read);
    std::optional<boost::json::value> document = last_document(read->text);
    if (document) return rule.at_path.judge(*rule.path, *document, history);
    if (!read->is_whole || read->text.size() > kDocumentBytesMax)
        return unknown(
            "there is no JSON document at the end of the output, which is too long to read as a whole");
    return fails("the output has no JSON document");
}

// What the run itself wrote: its own word.
class Output final : public Source {
public:
    explicit Output(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "output"; }
    std::string describe() const override {
        if (!rule_->path) return "the output " + rule_->text.describe();
        return fmt::format("the output's {} {}", rule_->path->text(), rule_->at_path.describe());
    }

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        auto look = [rule = rule_, run = work.execution, folder = work.folder,
                     history = work.history](Until end) { return judge(*rule, run, folder, history, end); };
        Finding finding = co_await find_on_pool(instruments, std::move(look));
        co_return observation(finding, observer(), true);
    }
    std::string observer() const override { return "the run's output"; }

private:
    std::shared_ptr<const Rule> rule_;
};

}  // namespace

Parsed parse_output(const boost::json::value& value) {
    Keys keys("output", value, with_condition_keys({"path", "not_hollow", "lines_min"}));
    Rule rule;
    rule.path = read_path(keys, "path");
    if (keys.has("path")) {
        rule.at_path = Condition::parse(keys);
        if (keys.has("not_hollow") || keys.has("lines_min"))
            keys.refuse("output: not_hollow and lines_min are about the whole output, without 'path'");
        if (rule.path && rule.path->is_plural() && rule.at_path.has_band())
            keys.refuse("output: within needs one value; use length() instead of [*]");
    } else {
        rule.text = TextCondition::parse(keys, true);
        for (std::string_view key : {"min", "max", "equals", "within"}) {
            if (keys.has(key))
                keys.refuse(fmt::format("output.{} needs the key 'path'; \"$\" is the whole document", key));
        }
        if (rule.text.is_empty()) keys.refuse("output needs a condition, like path, matches or not_matches");
    }
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Output>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
