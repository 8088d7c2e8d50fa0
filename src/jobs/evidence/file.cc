#include <fmt/ranges.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "jobs/evidence/condition.h"
#include "jobs/evidence/find_files.h"
#include "jobs/evidence/fingerprints.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/last_document.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/path_pattern.h"
#include "jobs/evidence/text_condition.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    PathPattern path;
    bool newer_than_start = false;
    bool changed = false;
    bool counts_files = false;
    uint64_t files_min = 1;
    std::optional<uint64_t> files_max;
    uint64_t bytes_min = 1;  // an empty file is hollow unless the job says otherwise
    std::optional<uint64_t> bytes_max;
    std::string sha256;
    TextCondition text;
    std::optional<JsonPath> json_path;
    Condition json;
};

struct About {
    std::string folder;
    std::string baseline;
    Time nominal;
    Time started;
    std::vector<double> history;
};

// The files that count: with newer_than_start only those of this run.
Finding judge_number(const Rule& rule, const About& about, std::vector<FoundFile>& files,
                     const std::string& path) {
    if (files.empty() && rule.files_min > 0) return fails(fmt::format("there is no file {}", path), 0);
    if (rule.newer_than_start && !files.empty() && !is_newer(files.front(), about.started) &&
        rule.files_min > 0) {
        return fails(fmt::format("the newest is {}, from before the start", describe_file(files.front())), 0);
    }
    if (rule.newer_than_start)
        std::erase_if(files, [&](const FoundFile& file) { return !is_newer(file, about.started); });
    auto count = static_cast<double>(files.size());
    std::string text = fmt::format("{}{} files", files.size(), rule.newer_than_start ? " new" : "");
    if (files.size() < rule.files_min)
        return fails(fmt::format("{}, fewer than {}", text, rule.files_min), count);
    if (rule.files_max && files.size() > *rule.files_max)
        return fails(fmt::format("{}, more than {}", text, *rule.files_max), count);
    if (!rule.counts_files) return holds("");
    return holds(text, count);
}

Finding judge_size(const Rule& rule, const FoundFile& file) {
    auto bytes = static_cast<double>(file.bytes);
    std::string text = describe_file(file);
    if (file.bytes == 0 && rule.bytes_min > 0) return fails(text + " is empty", bytes);
    if (file.bytes < rule.bytes_min)
        return fails(fmt::format("{} is below {} bytes", text, rule.bytes_min), bytes);
    if (rule.bytes_max && file.bytes > *rule.bytes_max)
        return fails(fmt::format("{} is above {} bytes", text, *rule.bytes_max), bytes);
    return holds(text, bytes);
}

Finding judge_hash(const Rule& rule, const About& about, const FoundFile& file, Until until) {
    Result<std::string> hash = sha256_of_file(file.path, until);
    if (!hash) return unknown(hash.error().message);
    std::string name = file.path.native();
    if (!rule.sha256.empty() && *hash != rule.sha256)
        return fails(fmt::format("{} has the SHA-256 {}, not {}", name, *hash, rule.sha256));
    if (!rule.changed) return holds(fmt::format("SHA-256 {}", *hash));
    std::optional<std::set<std::string>> before = parse_fingerprints(about.baseline);
    if (!before) return unknown(fmt::format("what {} was before the start was not recorded", name));
    if (before->contains(fingerprint(*hash)))
        return fails(fmt::format("{} has the same content as before the start", name));
    return holds(fmt::format("{} has new content", name));
}

Finding judge_content(const Rule& rule, const About& about, const FoundFile& file, Until until) {
    Result<FileText> read = read_end(file.path, kTextBytesMax, until);
    if (!read) return unknown(read.error().message);
    std::vector<Finding> parts;
    if (!rule.text.is_empty()) parts.push_back(rule.text.judge(file.path.native(), *read));
    if (rule.json_path) {
        std::optional<boost::json::value> document = last_document(read->text);
        if (document) {
            parts.push_back(rule.json.judge(*rule.json_path, *document, about.history));
        } else if (read->bytes > kDocumentBytesMax) {
            parts.push_back(unknown(fmt::format("{} is too long to read as JSON", file.path.native())));
        } else {
            parts.push_back(fails(fmt::format("{} is not JSON", file.path.native())));
        }
    }
    return all_of(parts);
}

// Each part in turn; the first that does not hold says which one failed.
Finding judge(const Rule& rule, const About& about, Until until) {
    std::string path = rule.path.at(about.nominal);
    Result<std::vector<FoundFile>> found = find_files(path, about.folder, until);
    if (!found) return unknown(found.error().message);
    Finding number = judge_number(rule, about, *found, path);
    if (number.outcome != Outcome::kHolds) return number;
    if (found->empty()) return holds(fmt::format("there is no file {}, as it may be", path), 0);

    const FoundFile& newest = found->front();
    std::vector<Finding> parts{std::move(number), judge_size(rule, newest)};
    if (parts.back().outcome != Outcome::kHolds) return parts.back();
    if (rule.changed || !rule.sha256.empty()) parts.push_back(judge_hash(rule, about, newest, until));
    if (!rule.text.is_empty() || rule.json_path) {
        Finding content = judge_content(rule, about, newest, until);
        if (rule.json_path && !rule.counts_files && content.value)
            parts.insert(parts.begin(), std::move(content));  // its number is the one the condition is about
        else
            parts.push_back(std::move(content));
    }
    return all_of(parts);
}

// What the file system holds.
class File final : public Source {
public:
    explicit File(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "file"; }
    std::string describe() const override;

    Task<std::string> baseline(const Work& work, const Instruments& instruments) const override {
        if (!rule_->changed) co_return std::string();
        std::function<Result<std::string>(Until)> look =
            [rule = rule_, folder = work.folder](Until end) -> Result<std::string> {
            // Also those of other dates: yesterday's report under today's name is no report.
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

std::string File::describe() const {
    std::vector<std::string> parts;
    if (rule_->newer_than_start) parts.emplace_back("is newer than the start");
    if (rule_->changed) parts.emplace_back("has changed");
    if (rule_->bytes_min > 1) parts.push_back(fmt::format("has {} bytes or more", rule_->bytes_min));
    if (rule_->bytes_max) parts.push_back(fmt::format("has at most {} bytes", *rule_->bytes_max));
    if (!rule_->sha256.empty()) parts.push_back(fmt::format("has the SHA-256 {}", rule_->sha256));
    if (!rule_->text.is_empty()) parts.push_back(rule_->text.describe());
    if (rule_->json_path)
        parts.push_back(fmt::format("has {} that {}", rule_->json_path->text(), rule_->json.describe()));
    if (rule_->counts_files) {
        std::string most = rule_->files_max ? fmt::format(" to {}", *rule_->files_max) : " or more";
        parts.push_back(fmt::format("are {}{}", rule_->files_min, most));
    }
    return fmt::format("{} {}", rule_->path.text(),
                       parts.empty() ? "is there" : fmt::format("{}", fmt::join(parts, ", ")));
}

void parse_json(Keys& keys, Rule& rule) {
    const boost::json::value* value = keys.find("json");
    if (!value) return;
    Keys inner("file.json", *value, with_condition_keys({"path"}));
    inner.required("path");
    rule.json_path = read_path(inner, "path");
    rule.json = Condition::parse(inner);
    if (rule.json_path && rule.json_path->is_plural() && rule.json.has_band())
        inner.refuse("file.json: within needs one value; use length() instead of [*]");
    if (auto good = inner.check(); !good) keys.refuse(good.error().message);
}

}  // namespace

Parsed parse_file(const boost::json::value& value) {
    Keys keys("file", value,
              {"path", "zone", "newer_than_start", "changed", "min_bytes", "max_bytes", "sha256", "min_files",
               "max_files", "matches", "not_matches", "not_hollow", "lines_min", "json"});
    Rule rule;
    Result<PathPattern> path = PathPattern::parse(keys.required("path"), keys.text("zone").value_or(""));
    if (!path) keys.refuse("file.path: " + path.error().message);
    if (path) rule.path = std::move(*path);
    rule.newer_than_start = keys.flag("newer_than_start").value_or(false);
    rule.changed = keys.flag("changed").value_or(false);
    rule.counts_files = keys.has("min_files") || keys.has("max_files");
    rule.files_max = keys.count("max_files");
    rule.files_min = keys.count("min_files").value_or(rule.files_max == 0U ? 0 : 1);
    rule.bytes_min = keys.count("min_bytes").value_or(1);
    rule.bytes_max = keys.count("max_bytes");
    check_order(keys, static_cast<double>(rule.files_min), keys.number("max_files"));
    check_order(keys, static_cast<double>(rule.bytes_min), keys.number("max_bytes"));
    rule.sha256 = to_lower(keys.text("sha256").value_or(""));
    if (!rule.sha256.empty() && (rule.sha256.size() != 64 || !from_hex(rule.sha256)))
        keys.complain("sha256", "64 hexadecimal digits");
    rule.text = TextCondition::parse(keys, false);
    parse_json(keys, rule);
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<File>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
