#include "jobs/supervisor/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <future>

#include "base/random.h"
#include "jobs/runner/process_for_test.h"
#include "jobs/runner/process_tree.h"
#include "jobs/runner/run_folder.h"
#include "jobs/supervisor/lives.h"

// Real agents, under real keepers, with little patience.
namespace nightshift::jobs {
namespace {

using std::filesystem::path;
using testing::HasSubstr;

AgentSpec agent(const std::string& name, const std::string& script) {
    AgentSpec spec;
    spec.name = name;
    spec.command = shell(script);
    spec.restart.backoff_min = milliseconds(5);
    spec.restart.backoff_max = milliseconds(20);
    spec.restart.short_lives_max = 4;
    return spec;
}

Task<Health> answer(Health health) {
    co_return health;
}

class SupervisorTest : public testing::Test {
protected:
    void SetUp() override { open(); }
    void TearDown() override {
        apply({});
        EXPECT_TRUE(eventually([&] { return snapshot().empty(); }));
        close();
    }

    void open() {
        on_loop([&] {
            Supervisor::Options options{.program = keeper_program(),
                                        .folder = folder_.path() / "agents",
                                        .check =
                                            [this](const AgentSpec&, Time) {
                                                std::lock_guard hold(lock_);
                                                ++looks_;
                                                return answer(health_);
                                            },
                                        .on_change = {}};
            supervisor_ = std::make_unique<Supervisor>(loop_, clock_, pool_, std::move(options));
        });
    }
    // As if Nightshift had gone.
    void close() {
        if (!supervisor_) return;
        io::run_blocking(loop_, [&] { return supervisor_->close(); });
        on_loop([&] { supervisor_.reset(); });
    }
    void on_loop(const std::function<void()>& work) {
        std::promise<void> done;
        loop_.post([&] {
            work();
            done.set_value();
        });
        done.get_future().get();
    }
    void apply(const std::vector<AgentSpec>& specs) {
        on_loop([&] { supervisor_->apply(specs); });
    }
    std::vector<AgentStatus> snapshot() {
        std::vector<AgentStatus> all;
        on_loop([&] { all = supervisor_->snapshot(); });
        return all;
    }
    AgentStatus status(const std::string& name) {
        for (auto& each : snapshot()) {
            if (each.name == name) return each;
        }
        return {};
    }
    bool reaches(const std::string& name, AgentState state) {
        return eventually([&] { return status(name).state == state && !status(name).why.empty(); });
    }
    // The pid of an agent that runs and is not `other`.
    int pid_of(const std::string& name, int other = 0) {
        int pid = 0;
        eventually([&] {
            auto now = status(name);
            pid = now.state == AgentState::kRunning || now.state == AgentState::kStarting ? now.pid : 0;
            return pid != 0 && pid != other;
        });
        return pid;
    }
    void answer_with(Health health) {
        std::lock_guard hold(lock_);
        health_ = std::move(health);
        looks_ = 0;
    }
    int looks() {
        std::lock_guard hold(lock_);
        return looks_;
    }
    Result<void> ask(Result<void> (Supervisor::*what)(const std::string&), const std::string& name) {
        Result<void> result;
        on_loop([&] { result = (supervisor_.get()->*what)(name); });
        return result;
    }

    TestFolder folder_;
    SystemClock clock_;
    std::mutex lock_;
    Health health_;
    int looks_ = 0;
    io::Loop loop_{"test"};
    io::Pool pool_{2, 64};
    std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisorTest, StartsAgainAfterItsAgentIsKilled) {
    apply({agent("a", "exec sleep 600")});
    int first = pid_of("a");
    ASSERT_NE(first, 0);
    ::kill(first, SIGKILL);
    int second = pid_of("a", first);
    EXPECT_NE(second, 0);
    EXPECT_NE(second, first);
    EXPECT_FALSE(is_alive(first));
    auto now = status("a");
    EXPECT_EQ(now.restarts, 1u);
    ASSERT_TRUE(now.last_end);
    EXPECT_EQ(now.last_end->signal, SIGKILL);
}

TEST_F(SupervisorTest, GivesUpCrashLoopAndRemembersItOverRestarts) {
    path count = folder_.path() / "count";
    auto spec = agent("a", "echo x >> " + count.native() + "; exit 3");
    apply({spec});
    ASSERT_TRUE(reaches("a", AgentState::kGivenUp));
    EXPECT_THAT(status("a").why, testing::AllOf(HasSubstr("4 starts in a row"), HasSubstr("exit code 3")));
    EXPECT_EQ(slurp(count), "x\nx\nx\nx\n");
    close();
    open();
    apply({spec});
    ASSERT_TRUE(reaches("a", AgentState::kGivenUp));
    EXPECT_EQ(slurp(count), "x\nx\nx\nx\n");
    // A person gives it another chance.
    ASSERT_TRUE(ask(&Supervisor::start, "a"));
    ASSERT_TRUE(eventually([&] { return slurp(count).size() == 16; }));
    ASSERT_TRUE(reaches("a", AgentState::kGivenUp));
    EXPECT_EQ(slurp(count).size(), 16u);
}

TEST_F(SupervisorTest, GivesUpAgentWhoseProgramDoesNotExist) {
    auto spec = agent("a", "");
    spec.command.argv = {"no-such-agent"};
    apply({spec});
    ASSERT_TRUE(reaches("a", AgentState::kGivenUp));
    EXPECT_THAT(status("a").why, HasSubstr("no program no-such-agent"));
}

TEST_F(SupervisorTest, TakesOverItsAgentsAfterARestartAndNeverDoublesThem) {
    path count = folder_.path() / "count";
    auto spec = agent("a", "echo x >> " + count.native() + "; exec sleep 600");
    apply({spec});
    int pid = pid_of("a");
    ASSERT_NE(pid, 0);
    for (int i = 0; i < 3; ++i) {
        close();
        ASSERT_TRUE(is_alive(pid));
        open();
        apply({spec});
        EXPECT_EQ(pid_of("a"), pid);
    }
    EXPECT_TRUE(eventually([&] { return !slurp(count).empty(); }));
    EXPECT_EQ(slurp(count), "x\n");
    EXPECT_EQ(status("a").restarts, 0u);
}

TEST_F(SupervisorTest, IsNeverDoubledWhenRestartedInTheMiddleOfStarts) {
    // The agent refuses to run beside another of its kind, and says so.
    path guard = folder_.path() / "guard";
    path doubled = folder_.path() / "doubled";
    auto spec = agent("a", "mkdir " + guard.native() + " || echo x >> " + doubled.native() +
                               "; sleep 0.03; rmdir " + guard.native());
    spec.restart.short_lives_max = 1000;
    spec.restart.backoff_max = milliseconds(5);
    for (int i = 0; i < 15; ++i) {
        apply({spec});
        std::this_thread::sleep_for(milliseconds(7 * i));
        close();
        open();
    }
    apply({spec});
    ASSERT_TRUE(eventually([&] { return status("a").restarts > 5; }));
    EXPECT_EQ(slurp(doubled), "");
}

TEST_F(SupervisorTest, IsNeverDoubledWhenNightshiftIsKilledAgainAndAgain) {
    close();
    path guard = folder_.path() / "guard";
    path doubled = folder_.path() / "doubled";
    path lives = folder_.path() / "lives";
    std::string script = "mkdir " + guard.native() + " || echo x >> " + doubled.native() + "; echo x >> " +
                         lives.native() + "; sleep 0.02; rmdir " + guard.native();
    std::string program = keeper_program();
    std::string agents = folder_.path() / "agents";
    Random random(1);
    for (int i = 0; i < 12; ++i) {
        pid_t nightshift = ::fork();
        if (nightshift == 0) {
            ::execl(program.c_str(), program.c_str(), "supervise", agents.c_str(), script.c_str(), nullptr);
            ::_exit(127);
        }
        std::this_thread::sleep_for(milliseconds(random.below(120)));
        ::kill(nightshift, SIGKILL);
        ASSERT_EQ(::waitpid(nightshift, nullptr, 0), nightshift);
    }
    open();
    auto spec = agent("a", script);
    spec.restart.short_lives_max = 1'000'000;
    // As tests/keeper names it: another command would end the life that runs, and leave its guard behind.
    spec.command = Command{.argv = spec.command.argv, .folder = "/"};
    apply({spec});
    auto before = slurp(lives).size();
    ASSERT_TRUE(eventually([&] { return slurp(lives).size() > before + 6; }));
    EXPECT_EQ(slurp(doubled), "");
}

TEST_F(SupervisorTest, StopsAgentThatIsRemoved) {
    apply({agent("a", "exec sleep 600"), agent("b", "exec sleep 600")});
    int a = pid_of("a");
    int b = pid_of("b");
    apply({agent("b", "exec sleep 600")});
    ASSERT_TRUE(eventually([&] { return snapshot().size() == 1; }));
    EXPECT_FALSE(is_alive(a));
    EXPECT_EQ(status("b").pid, b);
    EXPECT_TRUE(is_alive(b));
}

TEST_F(SupervisorTest, StopsAgentThatWasRemovedWhileNobodyWatched) {
    apply({agent("a", "exec sleep 600")});
    int a = pid_of("a");
    close();
    open();
    apply({});
    EXPECT_TRUE(eventually([&] { return !is_alive(a); }));
    EXPECT_TRUE(eventually([&] { return snapshot().empty(); }));
}

TEST_F(SupervisorTest, RestartsOnlyTheAgentWhoseCommandChanged) {
    apply({agent("a", "exec sleep 600"), agent("b", "exec sleep 600")});
    int a = pid_of("a");
    int b = pid_of("b");
    auto other = agent("b", "exec sleep 601");
    auto same = agent("a", "exec sleep 600");
    same.restart.short_lives_max = 99;  // a policy is no reason to disturb it
    apply({same, other});
    EXPECT_NE(pid_of("b", b), b);
    EXPECT_FALSE(is_alive(b));
    EXPECT_EQ(status("a").pid, a);
    // The same while we were away.
    int second = pid_of("b");
    close();
    open();
    apply({same, agent("b", "exec sleep 602")});
    EXPECT_NE(pid_of("b", second), second);
    EXPECT_EQ(pid_of("a"), a);
}

TEST_F(SupervisorTest, StaysStoppedWhenAPersonStoppedIt) {
    auto spec = agent("a", "exec sleep 600");
    apply({spec});
    int pid = pid_of("a");
    ASSERT_TRUE(ask(&Supervisor::stop, "a"));
    ASSERT_TRUE(reaches("a", AgentState::kStopped));
    EXPECT_FALSE(is_alive(pid));
    close();
    open();
    apply({spec});
    ASSERT_TRUE(reaches("a", AgentState::kStopped));
    EXPECT_EQ(status("a").why, "stopped by a person");
    ASSERT_TRUE(ask(&Supervisor::start, "a"));
    int second = pid_of("a");
    ASSERT_NE(second, 0);
    ASSERT_TRUE(ask(&Supervisor::restart, "a"));
    EXPECT_NE(pid_of("a", second), second);
    EXPECT_EQ(ask(&Supervisor::stop, "nobody").error().code, Code::kNotFound);
}

TEST_F(SupervisorTest, RestartsAgentThatShowsNoLifeAlthoughItsProcessRuns) {
    auto spec = agent("a", "exec sleep 600");
    spec.liveness.event_within = milliseconds(1000);
    spec.liveness.interval = milliseconds(5);
    answer_with({Outcome::kUnknown, "nobody asked yet"});
    apply({spec});
    int pid = pid_of("a");
    EXPECT_EQ(status("a").state, AgentState::kStarting);
    answer_with({Outcome::kHolds, "an event 1 s ago"});
    ASSERT_TRUE(reaches("a", AgentState::kRunning));
    EXPECT_EQ(status("a").why, "an event 1 s ago");
    // What cannot be seen is no reason.
    answer_with({Outcome::kUnknown, "the recorder does not answer"});
    ASSERT_TRUE(eventually([&] { return looks() > 10; }));
    EXPECT_EQ(status("a").pid, pid);
    answer_with({Outcome::kFails, "no event for 5 s"});
    EXPECT_NE(pid_of("a", pid), pid);
    EXPECT_FALSE(is_alive(pid));
    answer_with({Outcome::kHolds, ""});
}

TEST_F(SupervisorTest, RotatesTheLogOfALongLife) {
    auto spec = agent("a", "head -c 1000000 /dev/zero; echo end; exec sleep 600");
    spec.log_bytes_max = 100'000;
    spec.log_files_max = 3;
    apply({spec});
    ASSERT_NE(pid_of("a"), 0);
    auto life = life_folder(agent_folder(folder_.path() / "agents", "a"), 1);
    ASSERT_TRUE(eventually([&] { return slurp(output_path(life)).ends_with("end\n"); }));
    auto parts = output_parts(life);
    EXPECT_EQ(parts.size(), 3u);
    for (const auto& part : parts) EXPECT_LE(std::filesystem::file_size(part), 100'000u);
}

TEST_F(SupervisorTest, StartsAgainWhenTheKeeperIsKilled) {
    apply({agent("a", "exec sleep 600")});
    int pid = pid_of("a");
    auto life = life_folder(agent_folder(folder_.path() / "agents", "a"), 1);
    auto found = inspect_run(life);
    ASSERT_TRUE(found.start);
    ::kill(found.start->keeper.pid, SIGKILL);
    EXPECT_NE(pid_of("a", pid), pid);
    EXPECT_FALSE(is_alive(pid));
}

}  // namespace
}  // namespace nightshift::jobs
