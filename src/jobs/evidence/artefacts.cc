#include <boost/json.hpp>

#include "jobs/evidence/condition.h"
#include "jobs/evidence/find_files.h"
#include "jobs/evidence/fingerprints.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/path_pattern.h"
#include "jobs/evidence/text_file.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    PathPattern path;
    Condition condition;
    bool newer_than_start = true;
    bool distinct = false;
    uint64_t bytes_min = 1;
};

struct About {
    std::string folder;
    std::string baseline;
    Time nominal;
    Time started;
    std::vector<double> history;
};

// Files with contents of their own, that were not there before; the rest are copies.
Result<size_t> count_distinct(const std::vector<FoundFile>& files, std::set<std::string> known, Until until) {
    size_t count = 0;
    for (const FoundFile& file : files) {
        NS_TRY(std::string hash, sha256_of_file(file.path, until));
        if (known.insert(fingerprint(hash)).second) ++count;
    }
    return count;
}

Finding judge(const Rule& rule, const About& about, Until until) {
    Result<std::vector<FoundFile>> found = find_files(rule.path.at(about.nominal), about.folder, until);
    if (!found) return unknown(found.error().message);
    size_t all = found->size();
    std::erase_if(*found, [&](const FoundFile& file) {
        return file.bytes < rule.bytes_min || (rule.newer_than_start && !is_newer(file, about.started));
    });
    size_t count = found->size();
    if (rule.distinct) {
        std::optional<std::set<std::string>> before = parse_fingerprints(about.baseline);
        if (!before) return unknown("what was there before the start was not recorded");
        Result<size_t> distinct = count_distinct(*found, std::move(*before), until);
        if (!distinct) return unknown(distinct.error().message);
        count = *distinct;
    }
    std::string what =
        fmt::format("the number of {}artefacts (of {} files)", rule.newer_than_start ? "new " : "", all);
    return rule.condition.judge(what, Datum::of(static_cast<double>(count)), about.history);
}

// How many files the run left, against what is expected or usual.
class Artefacts final : public Source {
public:
    explicit Artefacts(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "artefacts"; }
    std::string describe() const override {
        return fmt::format("the number of {}{} {}", rule_->newer_than_start ? "new " : "", rule_->path.text(),
                           rule_->condition.describe());
    }

    Task<std::string> baseline(const Work& work, const Instruments& instruments) const override {
        if (!rule_->distinct) co_return std::string();
        std::function<Result<std::string>(Until)> look =
            [rule = rule_, folder = work.folder](Until end) -> Result<std::string> {
            NS_TRY(std::vector<FoundFile> files, find_files(rule->path.at_any_time(), folder, end));
            return fingerprints_of(files, end);
        };
        Result<std::string> prints = co_await on_pool<std::string>(instruments, std::move(look));
        co_return prints.value_or("");
    }

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        auto look = [rule = rule_, about = About{work.folder, work.baseline, work.nominal,
                                                 work.execution.started, work.history}](Until end) {
            return judge(*rule, about, end);
        };
        Finding finding = co_await find_on_pool(instruments, std::move(look));
        co_return observation(finding, observer());
    }
    std::string observer() const override { return "file system"; }

private:
    std::shared_ptr<const Rule> rule_;
};

}  // namespace

Parsed parse_artefacts(const boost::json::value& value) {
    Keys keys("artefacts", value,
              {"path", "zone", "min", "max", "within", "newer_than_start", "distinct", "min_bytes"});
    Rule rule;
    Result<PathPattern> path = PathPattern::parse(keys.required("path"), keys.text("zone").value_or(""));
    if (!path) keys.refuse("artefacts.path: " + path.error().message);
    if (path) rule.path = std::move(*path);
    rule.condition = Condition::parse(keys);
    if (rule.condition.is_empty()) keys.refuse("artefacts needs one of the keys min, max, within");
    rule.newer_than_start = keys.flag("newer_than_start").value_or(true);
    rule.distinct = keys.flag("distinct").value_or(false);
    rule.bytes_min = keys.count("min_bytes").value_or(1);
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Artefacts>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
