#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "jobs/runner/process_for_test.h"
#include "jobs/runner/process_tree.h"
#include "jobs/runner/run_folder.h"

// What becomes of a run when those who watch over it die.
namespace nightshift::jobs {
namespace {

using std::filesystem::path;

class AdoptionTest : public testing::Test {
protected:
    path run_folder() const { return folder_.path() / "run"; }
    std::string output() const { return slurp(output_path(run_folder())); }
    pid_t keeper() const {
        auto found = inspect_run(run_folder());
        return found.start ? found.start->keeper.pid : 0;
    }

    TestFolder folder_;
    TestRunner runner_;
};

TEST_F(AdoptionTest, FindsNothingWhereNothingWasStarted) {
    auto adopted = runner_.adopt(run_folder());
    ASSERT_FALSE(adopted);
    EXPECT_EQ(adopted.error().code, Code::kNotFound);
}

TEST_F(AdoptionTest, TakesOverRunningProcess) {
    path gate = folder_.path() / "gate";
    std::string script = "echo ready; while [ ! -e " + gate.native() + " ]; do sleep 0.01; done; exit 5";
    ASSERT_TRUE(runner_.start(run_folder(), shell(script)));
    ASSERT_TRUE(eventually([&] { return runner_.pid() != 0; }));
    int pid = runner_.pid();
    runner_.forget();
    ASSERT_TRUE(runner_.adopt(run_folder()));
    EXPECT_EQ(runner_.pid(), pid);
    std::ofstream(gate) << "open";
    Execution execution = runner_.wait();
    EXPECT_EQ(execution.exit_code, 5);
    EXPECT_EQ(output(), "ready\n");
}

TEST_F(AdoptionTest, StopsProcessThatWasTakenOver) {
    ASSERT_TRUE(runner_.start(run_folder(), shell("exec sleep 600")));
    runner_.forget();  // maybe before the keeper has said anything
    ASSERT_TRUE(runner_.adopt(run_folder()));
    ASSERT_TRUE(eventually([&] { return runner_.pid() != 0; }));
    Execution execution = runner_.stop(/*timed_out=*/true);
    EXPECT_EQ(execution.signal, SIGTERM);
    EXPECT_TRUE(execution.timed_out);
}

TEST_F(AdoptionTest, LearnsHowItEndedMeanwhile) {
    Execution seen = runner_.run(run_folder(), shell("echo x; exit 9"));
    runner_.forget();
    ASSERT_TRUE(runner_.adopt(run_folder()));
    EXPECT_EQ(runner_.pid(), 0);
    Execution learnt = runner_.wait();
    EXPECT_EQ(learnt.exit_code, 9);
    EXPECT_EQ(learnt.started, seen.started);
    EXPECT_EQ(learnt.ended, seen.ended);
    EXPECT_EQ(learnt.output_bytes, 2u);
    EXPECT_EQ(learnt.cpu_ms, seen.cpu_ms);
    EXPECT_EQ(learnt.memory_peak_bytes, seen.memory_peak_bytes);
}

TEST_F(AdoptionTest, IsLostWhenItsKeeperIsKilledAndRunsNotOn) {
    ASSERT_TRUE(runner_.start(run_folder(), shell("sleep 600 & echo $!; wait")));
    ASSERT_TRUE(eventually([&] { return output().ends_with("\n"); }));
    int child = runner_.pid();
    int grandchild = std::stoi(output());
    ASSERT_TRUE(is_alive(child) && is_alive(grandchild));
    ::kill(keeper(), SIGKILL);
    Execution execution = runner_.wait();
    EXPECT_TRUE(execution.lost);
    EXPECT_FALSE(execution.succeeded());
    EXPECT_FALSE(execution.exit_code);
    EXPECT_GT(execution.output_bytes, 0u);
    EXPECT_TRUE(eventually([&] { return !is_alive(child) && !is_alive(grandchild); }));
    // The next life says the same, and nobody may start it again.
    TestRunner next;
    ASSERT_TRUE(next.adopt(run_folder()));
    EXPECT_TRUE(next.wait().lost);
    auto again = next.start(run_folder(), shell("true"));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Code::kConflict);
}

TEST_F(AdoptionTest, IsLostWhenKeeperDiedWhileNobodyWatched) {
    ASSERT_TRUE(runner_.start(run_folder(), shell("sleep 600 & echo $!; wait")));
    ASSERT_TRUE(eventually([&] { return output().ends_with("\n"); }));
    int grandchild = std::stoi(output());
    pid_t watched = keeper();
    runner_.forget();
    ::kill(watched, SIGKILL);
    ASSERT_TRUE(eventually([&] { return !is_alive(watched); }));
    ASSERT_TRUE(runner_.adopt(run_folder()));
    EXPECT_TRUE(runner_.wait().lost);
    EXPECT_TRUE(eventually([&] { return !is_alive(grandchild); }));
}

TEST_F(AdoptionTest, StartsFreshWhereClaimerDiedBeforeTheStart) {
    // A process claims the run, as start() does, and dies before there is a keeper.
    pid_t claimer = ::fork();
    if (claimer == 0) {
        auto lock = claim_run(run_folder());
        if (!lock) ::_exit(1);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(claimer, &status, 0), claimer);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto adopted = runner_.adopt(run_folder());
    ASSERT_FALSE(adopted);
    EXPECT_EQ(adopted.error().code, Code::kNotFound);
    EXPECT_TRUE(runner_.run(run_folder(), shell("true")).succeeded());
}

TEST_F(AdoptionTest, OneOfManyStartsWins) {
    constexpr int kRivals = 8;
    std::vector<std::unique_ptr<TestRunner>> rivals;
    for (int i = 0; i < kRivals; ++i) rivals.push_back(std::make_unique<TestRunner>());
    path count = folder_.path() / "count";
    Command command = shell("echo run >> " + count.native());
    std::vector<Result<void>> results(kRivals);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kRivals; ++i) {
        threads.emplace_back([&, i] { results[i] = rivals[i]->start(run_folder(), command); });
    }
    for (auto& thread : threads) thread.join();
    size_t won = 0;
    for (size_t i = 0; i < kRivals; ++i) {
        if (results[i]) {
            ++won;
            EXPECT_TRUE(rivals[i]->wait().succeeded());
        } else {
            EXPECT_EQ(results[i].error().code, Code::kConflict);
        }
    }
    EXPECT_EQ(won, 1u);
    EXPECT_EQ(slurp(count), "run\n");
}

TEST_F(AdoptionTest, LeavesNumberAloneThatBelongsToAnotherProcess) {
    // started.json names a process of ours with a start time that is not its own.
    ASSERT_TRUE(runner_.start(run_folder(), shell("exec sleep 600")));
    ASSERT_TRUE(eventually([&] { return runner_.pid() != 0; }));
    path stale = folder_.path() / "stale";
    std::filesystem::create_directories(stale);
    RunStart start = *inspect_run(run_folder()).start;
    start.keeper.start_ticks -= 1;
    ASSERT_TRUE(write_start(stale, start));
    TestRunner next;
    ASSERT_TRUE(next.adopt(stale));
    EXPECT_TRUE(next.wait().lost);
    EXPECT_TRUE(is_alive(runner_.pid()));
    runner_.stop();
}

}  // namespace
}  // namespace nightshift::jobs
