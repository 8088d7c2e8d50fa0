#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/text.h"
#include "jobs/evidence/keys.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/probe_process.h"

namespace nightshift::jobs::evidence {
namespace {

constexpr size_t kCommitsMax = 1000;
constexpr std::string_view kUnborn = "none";  // the baseline of a branch without a commit

struct Rule {
    std::string repo;
    std::string branch;
    std::string author;
    std::vector<std::string> paths;
    uint64_t min = 1;
};

struct About {
    std::string folder;
    std::string baseline;
    Time started;
};

// One git command in a repository. Only plumbing, which runs no hook, pager or helper that the repository
// names; the user's own configuration stays out.
class Repository {
public:
    Repository(const std::string& folder, const std::string& repo, Until until) : until_(until) {
        command_.folder = (std::filesystem::path(folder) / repo).native();
        command_.environment = {{"HOME", "/"},
                                {"LC_ALL", "C"},
                                {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                {"GIT_CONFIG_NOSYSTEM", "1"},
                                {"GIT_TERMINAL_PROMPT", "0"},
                                {"GIT_OPTIONAL_LOCKS", "0"},
                                {"GIT_ALLOW_PROTOCOL", "none"}};
    }

    // Its end when git ran and answered; kUnavailable when it could not.
    Result<ProbeEnd> run(std::vector<std::string> arguments) const {
        ProbeCommand command = command_;
        // An agent's repository may belong to another user.
        command.argv = {"git", "-c", "safe.directory=*", "--no-pager"};
        command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
        NS_TRY(ProbeEnd end, run_probe(command, until_));
        if (end.timed_out) return fail(Code::kTimeout, "git {} took too long", arguments.front());
        if (!end.exit_code) return fail(Code::kUnavailable, "git {} was killed", arguments.front());
        return end;
    }

    // The commit a branch is at, or nothing when it has none.
    Result<std::optional<std::string>> tip(const std::string& branch) const {
        NS_TRY(ProbeEnd inside, run({"rev-parse", "--git-dir"}));
        if (inside.exit_code != 0)
            return fail(Code::kUnavailable, "{} is not a git repository: {}", command_.folder,
                        trim(inside.output));
        std::string name = branch.empty() ? "HEAD" : "refs/heads/" + branch;
        NS_TRY(ProbeEnd end, run({"rev-parse", "--quiet", "--verify", name + "^{commit}"}));
        if (end.exit_code != 0) return std::optional<std::string>();
        return std::optional<std::string>(trim(end.output));
    }

private:
    ProbeCommand command_;
    Until until_;
};

struct Commits {
    size_t count = 0;
    std::string newest;
};

// Commits of `range` that were made at or after `start`: what is merely fetched or reset to is older.
Result<Commits> count_commits(const Repository& repository, const Rule& rule, const std::string& range,
                              Time start) {
    std::vector<std::string> arguments{"rev-list", "--timestamp", fmt::format("--max-count={}", kCommitsMax)};
    if (!rule.author.empty()) {
        arguments.emplace_back("--fixed-strings");
        arguments.push_back("--author=" + rule.author);
    }
    arguments.push_back(range);
    arguments.emplace_back("--");
    arguments.insert(arguments.end(), rule.paths.begin(), rule.paths.end());
    NS_TRY(ProbeEnd end, repository.run(arguments));
    if (end.exit_code != 0) return fail(Code::kUnavailable, "git rev-list: {}", trim(end.output));
    Commits commits;
    int64_t start_s = std::chrono::floor<seconds>(start).time_since_epoch().count();
    for (std::string_view line : split(end.output, '\n')) {
        size_t blank = line.find(' ');
        std::optional<int64_t> at = blank == line.npos ? std::nullopt : parse_int(line.substr(0, blank));
        if (!at || *at < start_s) continue;
        if (commits.count++ == 0) commits.newest = line.substr(blank + 1, 12);
    }
    return commits;
}

Result<Finding> compare(const Rule& rule, const About& about, Until until) {
    Repository repository(about.folder, rule.repo, until);
    NS_TRY(std::optional<std::string> tip, repository.tip(rule.branch));
    std::string branch = rule.branch.empty() ? "HEAD" : rule.branch;
    if (!tip) return fails(fmt::format("there is no commit on {}", branch), 0);
    bool has_before = !about.baseline.empty() && about.baseline != kUnborn;
    if (has_before && *tip == about.baseline)
        return fails(fmt::format("{} is still at {}", branch, tip->substr(0, 12)), 0);
    if (has_before) {
        NS_TRY(ProbeEnd ancestor, repository.run({"merge-base", "--is-ancestor", about.baseline, *tip}));
        if (ancestor.exit_code != 0) {
            return fails(fmt::format("{} was rewound or rewritten: {} is no longer in it", branch,
                                     about.baseline.substr(0, 12)),
                         0);
        }
    }
    std::string range = has_before ? about.baseline + ".." + *tip : *tip;
    NS_TRY(Commits commits, count_commits(repository, rule, range, about.started));
    auto value = static_cast<double>(commits.count);
    std::string text = fmt::format("{} new commits on {}", commits.count, branch);
    if (commits.count < rule.min) return fails(fmt::format("{}, fewer than {}", text, rule.min), value);
    return holds(fmt::format("{}, the newest {}", text, commits.newest), value);
}

// Commits in a repository since the start.
class Git final : public Source {
public:
    explicit Git(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "git"; }
    std::string describe() const override {
        std::string text = fmt::format("{} commits or more in {}", rule_->min, rule_->repo);
        if (!rule_->branch.empty()) text += " on " + rule_->branch;
        if (!rule_->author.empty()) text += " by " + rule_->author;
        if (!rule_->paths.empty()) text += fmt::format(" below {}", fmt::join(rule_->paths, ", "));
        return text;
    }

    Task<std::string> baseline(const Work& work, const Instruments& instruments) const override {
        std::function<Result<std::string>(Until)> look =
            [rule = rule_, folder = work.folder](Until end) -> Result<std::string> {
            NS_TRY(std::optional<std::string> tip, Repository(folder, rule->repo, end).tip(rule->branch));
            return tip.value_or(std::string(kUnborn));
        };
        Result<std::string> tip = co_await on_pool<std::string>(instruments, std::move(look));
        co_return tip.value_or("");
    }

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        std::function<Result<Finding>(Until)> look =
            [rule = rule_, about = About{work.folder, work.baseline, work.execution.started}](Until end) {
                return compare(*rule, about, end);
            };
        Result<Finding> found = co_await on_pool<Finding>(instruments, std::move(look));
        Finding finding = found ? std::move(*found) : unknown(found.error().message);
        co_return observation(finding, observer());
    }
    std::string observer() const override { return "git repository"; }

private:
    std::shared_ptr<const Rule> rule_;
};

}  // namespace

Parsed parse_git(const boost::json::value& value) {
    Keys keys("git", value, {"repo", "branch", "author", "paths", "commits_min"});
    Rule rule;
    rule.repo = keys.required("repo");
    rule.branch = keys.text("branch").value_or("");
    rule.author = keys.text("author").value_or("");
    rule.paths = keys.texts("paths");
    rule.min = keys.count("commits_min").value_or(1);
    if (rule.min < 1 || rule.min > kCommitsMax)
        keys.complain("commits_min", fmt::format("a whole number from 1 to {}", kCommitsMax));
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Git>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
