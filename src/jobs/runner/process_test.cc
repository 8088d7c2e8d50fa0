#include "jobs/runner/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "jobs/runner/process_for_test.h"
#include "jobs/runner/process_tree.h"
#include "jobs/runner/run_folder.h"

// Real processes under a real keeper.
namespace nightshift::jobs {
namespace {

using std::filesystem::path;
using testing::HasSubstr;

std::vector<int> numbers(const std::string& lines) {
    std::vector<int> out;
    for (auto line : split(trim(lines), '\n')) out.push_back(static_cast<int>(parse_int(line).value_or(0)));
    return out;
}

std::optional<ProcessIdentity> read_identity(pid_t pid) {
    auto process = read_process(pid);
    if (!process || process->is_zombie) return std::nullopt;
    return process->identity;
}

class ProcessTest : public testing::Test {
protected:
    path run_folder() const { return folder_.path() / "run"; }
    std::string output() const { return slurp(output_path(run_folder())); }

    TestFolder folder_;
    TestRunner runner_;
};

TEST_F(ProcessTest, TellsExitCodeTimesAndOutput) {
    Execution execution = runner_.run(run_folder(), shell("echo out; echo err >&2; exit 7"));
    EXPECT_EQ(execution.exit_code, 7);
    EXPECT_EQ(execution.signal, 0);
    EXPECT_EQ(execution.error, "");
    EXPECT_FALSE(execution.succeeded());
    EXPECT_EQ(output(), "out\nerr\n");
    EXPECT_EQ(execution.output_bytes, 8u);
    EXPECT_EQ(execution.output_path, output_path(run_folder()).native());
    EXPECT_GT(execution.started, Time{});
    EXPECT_GE(execution.ended, execution.started);
    EXPECT_GT(execution.memory_peak_bytes, 0);
    EXPECT_EQ(runner_.pid(), 0);
}

TEST_F(ProcessTest, TellsSignalOfCommandThatWasKilled) {
    Execution execution = runner_.run(run_folder(), shell("kill -9 $$"));
    EXPECT_EQ(execution.signal, SIGKILL);
    EXPECT_FALSE(execution.exit_code);
    EXPECT_FALSE(execution.lost);
}

TEST_F(ProcessTest, GivesCommandExactlyTheEnvironmentItNames) {
    Command command = shell("exec env");
    command.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nowhere"}, {"A_NAME", "a value"}};
    ASSERT_TRUE(runner_.run(run_folder(), command).succeeded());
    // The shell adds PWD by itself.
    EXPECT_THAT(output(), testing::AnyOf("A_NAME=a value\nHOME=/nowhere\nPATH=/usr/bin:/bin\nPWD=/tmp\n",
                                         HasSubstr("A_NAME=a value\n")));
    command.argv = {"env"};
    path second = folder_.path() / "second";
    ASSERT_TRUE(runner_.run(second, command).succeeded());
    EXPECT_EQ(slurp(output_path(second)), "A_NAME=a value\nHOME=/nowhere\nPATH=/usr/bin:/bin\n");
}

TEST_F(ProcessTest, GivesCommandNoDescriptorButTheStandardOnes) {
    Command command;
    command.argv = {"ls", "/proc/self/fd"};
    command.folder = "/";
    ASSERT_TRUE(runner_.run(run_folder(), command).succeeded());
    EXPECT_EQ(output(), "0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST_F(ProcessTest, GivesCommandItsInput) {
    Command command = shell("cat");
    command.input = std::string(300'000, 'x') + "end";
    ASSERT_TRUE(runner_.run(run_folder(), command).succeeded());
    EXPECT_EQ(output(), command.input);
}

TEST_F(ProcessTest, KeepsOutputThatIsNotText) {
    ASSERT_TRUE(runner_.run(run_folder(), shell(R"(printf 'a\377\376\000b')")).succeeded());
    EXPECT_EQ(output(), std::string("a\xff\xfe\0b", 5));
}

TEST_F(ProcessTest, NeverWritesSecretsIntoTheFolder) {
    Command command = shell("true");
    command.environment["API_KEY"] = "very-secret-value";
    command.input = "secret-input";
    ASSERT_TRUE(runner_.run(run_folder(), command).succeeded());
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(run_folder())) {
        ++files;
        EXPECT_THAT(slurp(entry.path()), testing::Not(HasSubstr("secret"))) << entry.path();
    }
    EXPECT_EQ(files, 5u);
    EXPECT_THAT(slurp(run_folder() / "command.json"), HasSubstr("API_KEY"));
}

TEST_F(ProcessTest, RefusesWhatDoesNotExist) {
    Command command = shell("true");
    command.argv = {"no-such-program"};
    auto missing = runner_.start(run_folder(), command);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Code::kInvalid);
    EXPECT_THAT(missing.error().message, HasSubstr("no program no-such-program in PATH"));

    std::ofstream(folder_.path() / "plain") << "no program";
    command.argv = {(folder_.path() / "plain").native()};
    auto not_executable = runner_.start(run_folder(), command);
    ASSERT_FALSE(not_executable);
    EXPECT_THAT(not_executable.error().message, HasSubstr("not executable"));

    command = shell("true");
    command.folder = "/no/such/folder";
    auto no_folder = runner_.start(run_folder(), command);
    ASSERT_FALSE(no_folder);
    EXPECT_EQ(no_folder.error().code, Code::kInvalid);
    EXPECT_THAT(no_folder.error().message, HasSubstr("/no/such/folder does not exist"));
    // Nothing of this used the folder up.
    EXPECT_TRUE(runner_.run(run_folder(), shell("true")).succeeded());
}

TEST_F(ProcessTest, TellsWhyProgramCannotBeExecuted) {
    path script = folder_.path() / "script";
    std::ofstream(script) << "#!/no/such/interpreter\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    Command command = shell("");
    command.argv = {script.native()};
    Execution execution = runner_.run(run_folder(), command);
    EXPECT_THAT(execution.error, HasSubstr("cannot execute"));
    EXPECT_FALSE(execution.exit_code);
    EXPECT_FALSE(execution.succeeded());
}

TEST_F(ProcessTest, IsStartedOnceInAFolder) {
    ASSERT_TRUE(runner_.start(run_folder(), shell("exec sleep 600")));
    ASSERT_TRUE(eventually([&] { return runner_.pid() != 0; }));
    TestRunner second;
    auto while_running = second.start(run_folder(), shell("true"));
    ASSERT_FALSE(while_running);
    EXPECT_EQ(while_running.error().code, Code::kConflict);
    Execution stopped = runner_.stop();
    EXPECT_EQ(stopped.signal, SIGTERM);
    auto afterwards = second.start(run_folder(), shell("true"));
    ASSERT_FALSE(afterwards);
    EXPECT_EQ(afterwards.error().code, Code::kConflict);
}

TEST_F(ProcessTest, KillsWhatIgnoresTheRequestToEnd) {
    ASSERT_TRUE(runner_.start(run_folder(), shell("trap '' TERM; echo ready; while :; do sleep 0.05; done")));
    ASSERT_TRUE(eventually([&] { return output() == "ready\n"; }));
    Execution execution = runner_.stop(/*timed_out=*/true);
    EXPECT_EQ(execution.signal, SIGKILL);
    EXPECT_TRUE(execution.timed_out);
}

TEST_F(ProcessTest, StopsAtOnceWhenAskedBeforeTheStart) {
    ASSERT_TRUE(runner_.start(run_folder(), shell("exec sleep 600")));
    Execution execution = runner_.stop();
    EXPECT_FALSE(execution.succeeded());
    EXPECT_FALSE(execution.lost);
}

TEST_F(ProcessTest, EndsTheWholeTreeIncludingThoseWhoLeftTheSession) {
    ASSERT_TRUE(runner_.start(run_folder(), shell("setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep "
                                                  "0.05; done' & echo $$; wait; sleep 600")));
    ASSERT_TRUE(eventually([&] { return std::ranges::count(output(), '\n') == 2; }));
    std::vector<int> pids = numbers(output());
    ASSERT_EQ(pids.size(), 2u);
    for (int pid : pids) EXPECT_TRUE(is_alive(pid));
    Execution execution = runner_.stop(/*timed_out=*/true);
    EXPECT_TRUE(execution.timed_out);
    for (int pid : pids) EXPECT_FALSE(is_alive(pid)) << pid;
}

TEST_F(ProcessTest, EndsWhatTheCommandLeftBehind) {
    Execution execution = runner_.run(run_folder(), shell("setsid sleep 600 & echo $!; exit 3"));
    EXPECT_EQ(execution.exit_code, 3);
    std::vector<int> pids = numbers(output());
    ASSERT_EQ(pids.size(), 1u);
    EXPECT_FALSE(is_alive(pids[0]));
    EXPECT_THAT(slurp(run_folder() / "exit.json"), HasSubstr(R"("leftovers":1)"));
}

TEST_F(ProcessTest, EndsForkBombAtItsLimitOfProcesses) {
    // Doubles until there are 60: bounded by itself too, should we fail.
    Command command = shell(
        "bomb() { [ $1 -gt 0 ] && { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; sleep 600; }; bomb 5; sleep "
        "600");
    command.limits.processes = 20;
    Execution execution = runner_.run(run_folder(), command);
    EXPECT_THAT(execution.error, HasSubstr("more than its limit of 20"));
    EXPECT_FALSE(execution.succeeded());
}

TEST_F(ProcessTest, StopsForkBomb) {
    ASSERT_TRUE(runner_.start(
        run_folder(), shell("trap '' TERM; n=0; while :; do n=$((n+1)); [ $n -le 50 ] && setsid sleep 600 & "
                            "[ $n -eq 50 ] && echo full; [ $n -gt 50 ] && wait; done")));
    ASSERT_TRUE(eventually([&] { return output() == "full\n"; }));
    int command_pid = runner_.pid();
    auto found = inspect_run(run_folder());
    ASSERT_TRUE(found.start);
    pid_t keeper = found.start->keeper.pid;
    ASSERT_GE(descendants_of(keeper, list_processes()).size(), 50u);
    auto before = descendants_of(keeper, list_processes());
    Execution execution = runner_.stop();
    EXPECT_EQ(execution.signal, SIGKILL);
    EXPECT_FALSE(is_alive(command_pid));
    for (const auto& process : before) EXPECT_NE(read_identity(process.identity.pid), process.identity);
}

TEST_F(ProcessTest, BoundsOutputAndCountsWhatItDropped) {
    Command command = shell("head -c 64000000 /dev/zero; echo end");
    command.limits.output_bytes = 4'000'000;
    command.limits.output_files = 4;
    Execution execution = runner_.run(run_folder(), command);
    EXPECT_TRUE(execution.succeeded());
    EXPECT_EQ(execution.output_bytes + execution.output_dropped_bytes, 64'000'004u);
    EXPECT_LE(execution.output_bytes, 4'000'000u);
    EXPECT_GE(execution.output_bytes, 3'000'000u);
    uint64_t on_disk = 0;
    for (const auto& part : output_parts(run_folder())) on_disk += std::filesystem::file_size(part);
    EXPECT_EQ(on_disk, execution.output_bytes);
    EXPECT_TRUE(output().ends_with("end\n"));
}

TEST_F(ProcessTest, HoldsLimitsOfFilesAndMemory) {
    Command command = shell("ulimit -n; ulimit -d");
    command.limits.open_files = 33;
    command.limits.memory_bytes = 64u << 20;
    ASSERT_TRUE(runner_.run(run_folder(), command).succeeded());
    EXPECT_EQ(output(), "33\n65536\n");
}

TEST_F(ProcessTest, EndsCommandWhoseTimeIsUpThoughNobodyIsThere) {
    Command command = shell("trap '' TERM; while :; do sleep 0.05; done");
    command.limits.time = std::chrono::milliseconds(300);
    command.grace = std::chrono::milliseconds(200);
    Execution execution = runner_.run(run_folder(), command);
    EXPECT_TRUE(execution.timed_out);
    EXPECT_EQ(execution.signal, SIGKILL);
}

TEST_F(ProcessTest, EndsCommandThatUsesTooMuchCpu) {
    Command command = shell("while :; do :; done");
    command.limits.cpu = std::chrono::seconds(1);
    Execution execution = runner_.run(run_folder(), command);
    EXPECT_EQ(execution.signal, SIGXCPU);
    EXPECT_THAT(execution.error, HasSubstr("1 s of CPU"));
    EXPECT_GE(execution.cpu_ms, 500);  // the kernel counts in ticks
}

}  // namespace
}  // namespace nightshift::jobs
