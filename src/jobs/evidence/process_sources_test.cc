// git and command: sources that start a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "base/text.h"
#include "jobs/evidence/bench_for_test.h"
#include "jobs/evidence/probe_process.h"

namespace nightshift::jobs::evidence {
namespace {

using testing::Bench;
using ::testing::HasSubstr;
using testing::kStart;

TEST(Command, ProbesWithAProgramOfItsOwn) {
    Bench bench;
    Observation good =
        bench.collect(R"({"command":{"argv":["sh","-c","echo 3 rows; exit 0"],"matches":"[1-9] rows"}})");
    EXPECT_EQ(good.outcome, Outcome::kHolds) << good.observed;
    EXPECT_EQ(good.value, 0);
    EXPECT_EQ(good.observer, "probe sh");
    EXPECT_FALSE(good.is_claimants_word);
    Observation bad = bench.collect(R"({"command":{"argv":["sh","-c","echo no rows >&2; exit 2"]}})");
    EXPECT_EQ(bad.outcome, Outcome::kFails);
    EXPECT_THAT(bad.observed, HasSubstr("exit code is 2, not 0: no rows"));
    EXPECT_EQ(bench.collect(R"({"command":{"argv":["sh","-c","exit 2"],"exit_code":[0,2]}})").outcome,
              Outcome::kHolds);
    EXPECT_EQ(bench.collect(R"({"command":{"argv":["true"],"matches":"rows"}})").outcome, Outcome::kFails);
}

TEST(Command, IsUnknownWhenTheProbeItselfFails) {
    Bench bench;
    EXPECT_EQ(bench.collect(R"({"command":{"argv":["no-such-program-here"]}})").outcome, Outcome::kUnknown);
    EXPECT_EQ(bench.collect(R"({"command":{"argv":["sh","-c","no-such-program-here"]}})").outcome,
              Outcome::kUnknown);
    EXPECT_EQ(bench.collect(R"({"command":{"argv":["sh","-c","kill -9 $$"]}})").outcome, Outcome::kUnknown);
    EXPECT_EQ(bench.collect(R"({"command":{"argv":["true"],"environment":["NOT_SET"]}})").outcome,
              Outcome::kUnknown);
    bench.work.folder = "/no/such/folder";
    EXPECT_EQ(bench.collect(R"({"command":{"argv":["true"]}})").outcome, Outcome::kUnknown);
}

TEST(Command, KillsTheWholeGroupAtItsDeadline) {
    Bench bench;
    // The shell and a child of it; the child's number tells whether it was killed too.
    Observation seen = bench.collect(
        R"({"command":{"argv":["sh","-c","sleep 600 & echo $! > child; wait"],"timeout":"2s"}})");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    EXPECT_THAT(seen.observed, HasSubstr("in time"));
    std::ifstream file(bench.folder / "child");
    pid_t child = 0;
    file >> child;
    ASSERT_GT(child, 0);
    auto is_gone = [child] {
        std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
        std::string line;
        return !std::getline(stat, line) || line.find(") Z") != line.npos;
    };
    for (int i = 0; i < 500 && !is_gone(); ++i) std::this_thread::sleep_for(milliseconds(10));
    EXPECT_TRUE(is_gone());
}

TEST(Command, EndsWhenNobodyWantsItAnyMore) {
    std::stop_source nobody;
    nobody.request_stop();
    auto end = run_probe({.argv = {"sleep", "60"}}, std::chrono::steady_clock::now() + seconds(60),
                         nobody.get_token());
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->was_stopped);
    EXPECT_FALSE(end->timed_out);
    EXPECT_EQ(end->signal, SIGKILL);
}

TEST(Command, IsNotHeldUpByWhatItLeavesBehind) {
    Bench bench;
    Observation seen =
        bench.collect(R"({"command":{"argv":["sh","-c","sleep 600 & echo done"],"matches":"done"}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
}

TEST(Command, KeepsTheStartOfAFlood) {
    Bench bench;
    Observation seen =
        bench.collect(R"({"command":{"argv":["sh","-c","echo first; yes | head -c 50000000; exit 1"]}})");
    EXPECT_EQ(seen.outcome, Outcome::kFails);
    EXPECT_THAT(seen.observed, HasSubstr("first"));
    EXPECT_LE(seen.observed.size(), kObservedBytesMax);
}

TEST(Command, SeesOnlyTheEnvironmentItNames) {
    Bench bench;
    ::setenv("EVIDENCE_TEST_SECRET", "leak", 1);
    bench.variables["NAMED"] = "given";
    Observation seen = bench.collect(R"({"command":{"argv":["sh","-c",
        "echo ${EVIDENCE_TEST_SECRET:-clean} $NAMED $NIGHTSHIFT_JOB $NIGHTSHIFT_STARTED; pwd"],
        "environment":["NAMED"],"matches":"clean given digest 2026-11-22T03:00:00.000000Z\n.*evidence-"}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
}

TEST(Command, RefusesWhatItCannotRun) {
    EXPECT_THAT(Bench::error_of(R"({"command":{}})"), HasSubstr("needs the key 'argv'"));
    EXPECT_NE(Bench::error_of(R"({"command":{"argv":"check.sh"}})"), "");
    EXPECT_NE(Bench::error_of(R"({"command":{"argv":[]}})"), "");
    EXPECT_THAT(Bench::error_of(R"({"command":{"argv":["a"],"env":["B"]}})"),
                HasSubstr("'env' is not a key"));
}

// A repository with one commit from before the start.
class Git : public ::testing::Test {
protected:
    void SetUp() override {
        if (run("init -q -b main repo", ".").exit_code != 0) GTEST_SKIP() << "git is not installed";
        commit("before", kStart - std::chrono::hours(1));
    }
    ProbeEnd run(const std::string& arguments, const std::string& folder = "repo", Time at = kStart) {
        ProbeCommand command;
        std::string date = std::to_string(unix_ms(at) / 1000) + " +0000";
        command.argv = {"sh", "-c", "git " + arguments};
        command.folder = (bench_.folder / folder).native();
        command.environment = {{"HOME", bench_.folder.native()}, {"GIT_CONFIG_NOSYSTEM", "1"},
                               {"GIT_AUTHOR_NAME", "molt"},      {"GIT_AUTHOR_EMAIL", "molt@example.com"},
                               {"GIT_COMMITTER_NAME", "molt"},   {"GIT_COMMITTER_EMAIL", "molt@example.com"},
                               {"GIT_AUTHOR_DATE", date},        {"GIT_COMMITTER_DATE", date}};
        auto end = run_probe(command, std::chrono::steady_clock::now() + seconds(30));
        return end.value_or(ProbeEnd{});
    }
    void commit(const std::string& name, Time at, const std::string& more = "") {
        bench_.write("repo/" + name, name);
        ASSERT_EQ(run("add -A", "repo", at).exit_code, 0);
        ASSERT_EQ(run("commit -q -m " + name + more, "repo", at).exit_code, 0);
    }

    Bench bench_;
    std::shared_ptr<const EvidenceSource> source_ = Bench::source(R"({"git":{"repo":"repo"}})");
};

TEST_F(Git, HoldsForACommitSinceTheStart) {
    bench_.take_baseline(*source_);
    EXPECT_EQ(bench_.work.baseline.size(), 40U);
    Observation still = bench_.collect(*source_);
    EXPECT_EQ(still.outcome, Outcome::kFails);
    EXPECT_THAT(still.observed, HasSubstr("HEAD is still at"));
    commit("work", kStart + seconds(30));
    Observation seen = bench_.collect(*source_);
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.value, 1);
    EXPECT_FALSE(seen.is_claimants_word);
}

TEST_F(Git, DoesNotTakeARewoundBranchForACommit) {
    commit("second", kStart - seconds(60));
    bench_.take_baseline(*source_);
    ASSERT_EQ(run("reset -q --hard HEAD~1").exit_code, 0);
    Observation seen = bench_.collect(*source_);
    EXPECT_EQ(seen.outcome, Outcome::kFails);
    EXPECT_THAT(seen.observed, HasSubstr("rewound or rewritten"));
}

TEST_F(Git, DoesNotCountWhatIsOnlyFetched) {
    bench_.take_baseline(*source_);
    commit("others", kStart - seconds(60));
    EXPECT_EQ(bench_.collect(*source_).outcome, Outcome::kFails) << "made before the start";
}

TEST_F(Git, AsksForBranchAuthorAndPaths) {
    ASSERT_EQ(run("branch quiet").exit_code, 0);
    commit("src/a", kStart + seconds(30));
    auto outcome = [&](const std::string& more) {
        return bench_.collect(R"({"git":{"repo":"repo",)" + more + "}}").outcome;
    };
    EXPECT_EQ(outcome(R"("branch":"main")"), Outcome::kHolds);
    EXPECT_EQ(outcome(R"("branch":"quiet")"), Outcome::kFails);
    EXPECT_EQ(outcome(R"("branch":"--all")"), Outcome::kFails);
    EXPECT_EQ(outcome(R"("author":"molt@example.com")"), Outcome::kHolds);
    EXPECT_EQ(outcome(R"("author":"somebody else")"), Outcome::kFails);
    EXPECT_EQ(outcome(R"("paths":["src"])"), Outcome::kHolds);
    EXPECT_EQ(outcome(R"("paths":["docs"])"), Outcome::kFails);
    EXPECT_EQ(outcome(R"("commits_min":2)"), Outcome::kFails);
}

TEST_F(Git, WorksFromAnUnbornBranch) {
    std::filesystem::remove_all(bench_.folder / "repo");
    ASSERT_EQ(run("init -q -b main repo", ".").exit_code, 0);
    bench_.take_baseline(*source_);
    EXPECT_EQ(bench_.work.baseline, "none");
    EXPECT_EQ(bench_.collect(*source_).outcome, Outcome::kFails);
    commit("first", kStart + seconds(1));
    EXPECT_EQ(bench_.collect(*source_).outcome, Outcome::kHolds);
}

TEST_F(Git, IsUnknownWithoutARepository) {
    Observation seen = bench_.collect(R"({"git":{"repo":"."}})");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    EXPECT_THAT(seen.observed, HasSubstr("not a git repository"));
    EXPECT_EQ(bench_.collect(R"({"git":{"repo":"nowhere"}})").outcome, Outcome::kUnknown);
    EXPECT_THAT(Bench::error_of(R"({"git":{"repo":".","commit_min":1}})"),
                HasSubstr("did you mean 'commits_min'?"));
}

}  // namespace
}  // namespace nightshift::jobs::evidence
