#include "jobs/runner/keeper.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "jobs/runner/command_wire.h"
#include "jobs/runner/program.h"
#include "jobs/runner/run_folder.h"

namespace nightshift::jobs {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kKillAgainMin{50};
constexpr milliseconds kKillAgainMax{
    1000};  // for those whom nothing kills: another user's, or stuck in a disk
// The whole table of processes is read rarely, and whenever it has grown by what our tree may still grow.
constexpr milliseconds kCountEvery{200};
constexpr int kFullCountEvery = 25;
constexpr int kFreezePassesMax = 20;
// Read at a time; a pipe holds as much.
constexpr size_t kReadBytes = 64u << 10;
// Pieces read before signals are looked at again, so that a command that never stops talking can be stopped.
constexpr int kReadsMax = 64;

int64_t to_ms(const timeval& time) {
    return int64_t{time.tv_sec} * 1000 + time.tv_usec / 1000;
}

}  // namespace

Keeper::Keeper(std::filesystem::path folder, Command command, FileDescriptor signals)
    : folder_(std::move(folder)),
      command_(std::move(command)),
      signals_(std::move(signals)),
      output_(folder_, command_.limits.output_bytes, command_.limits.output_files),
      kill_again_(kKillAgainMin) {}

Execution Keeper::run() {
    execution_.started = SystemClock().now();
    if (auto started = start(); !started) {
        execution_.error = started.error().message;
        execution_.ended = SystemClock().now();
    }
    serve();
    take_account();
    execution_.output_path = output_path(folder_).native();
    execution_.output_bytes = output_.kept_bytes();
    execution_.output_dropped_bytes = output_.dropped_bytes();
    return execution_;
}

void Keeper::enter_group() {
    auto parent = find_group_parent({});
    if (!parent) return;
    group_ = ControlGroup::create(*parent / ("run-" + std::to_string(::getpid())), command_.limits);
}

void Keeper::take_account() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    execution_.cpu_ms = to_ms(used.ru_utime) + to_ms(used.ru_stime);
    execution_.memory_peak_bytes = int64_t{used.ru_maxrss} * 1024;
    if (!group_) return;
    execution_.cpu_ms = std::max(execution_.cpu_ms, group_->cpu_ms());
    execution_.memory_peak_bytes = std::max(execution_.memory_peak_bytes, group_->memory_peak_bytes());
    if (group_->ran_out_of_memory() && execution_.error.empty()) {
        execution_.error = "it used more than its limit of " +
                           std::to_string(command_.limits.memory_bytes >> 20) + " MiB of memory";
    }
    remove_group(group_->folder());
}

Result<void> Keeper::start() {
    std::ofstream(folder_ / "command.json") << describe_command(command_);
    NS_TRY(std::string program, resolve_program(command_));
    take_signals();
    if (stop_asked_) return fail(Code::kCancelled, "it was stopped before it started");
    enter_group();
    NS_TRY(process_, fork_gated(command_, program, group_ ? &*group_ : nullptr));
    auto itself = read_process(::getpid());
    auto child = read_process(process_.pid);
    if (!itself || !child) return fail(Code::kIo, "cannot read /proc; is it mounted?");
    execution_.started = SystemClock().now();
    RunStart start{.boot_id = read_boot_id(),
                   .keeper = itself->identity,
                   .command = child->identity,
                   .time = execution_.started,
                   .group = group_ ? group_->folder().native() : ""};
    if (auto written = write_start(folder_, start); !written) return written;
    if (auto synced = sync_directory(folder_.parent_path()); !synced) return synced;
    if (command_.limits.time.count() > 0) end_at_ = SteadyClock::now() + command_.limits.time;
    if (command_.limits.processes > 0 && !group_) count_at_ = SteadyClock::now() + kCountEvery;
    return process_.open_gate();
}

void Keeper::serve() {
    // A process at a closed gate ends by itself.
    process_.gate = FileDescriptor();
    if (process_.pid == 0) return;
    bool is_forced = !execution_.error.empty();
    while (reap()) {
        if ((has_ended_ || is_forced) && !kill_at_) {
            leftovers_ = tree().size();
            begin_to_stop();
        }
        if (kill_at_ && SteadyClock::now() >= *kill_at_) kill_all();
        if (end_at_ && SteadyClock::now() >= *end_at_) end_late();
        if (count_at_ && SteadyClock::now() >= *count_at_) check_process_count();
        wait_for_news();
    }
    copy_output();
}

void Keeper::wait_for_news() {
    int timeout_ms = -1;
    for (const auto& deadline : {kill_at_, end_at_, count_at_}) {
        if (!deadline) continue;
        auto left = std::chrono::ceil<milliseconds>(*deadline - SteadyClock::now()).count();
        int left_ms = static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000));
        timeout_ms = timeout_ms < 0 ? left_ms : std::min(timeout_ms, left_ms);
    }
    // A negative descriptor is left out: nobody writes any more.
    std::array<pollfd, 2> watched{{{signals_.get(), POLLIN, 0}, {process_.output.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), timeout_ms) < 0) return;
    if (watched[1].revents != 0) copy_output();
    if (watched[0].revents != 0) take_signals();
}

void Keeper::take_signals() {
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo == SIGCHLD) continue;  // reap() looks anyway
        if (has_ended_) continue;                   // too late to be the reason
        if (signal.ssi_signo == SIGALRM) execution_.timed_out = true;
        stop_asked_ = true;
        if (process_.pid != 0) begin_to_stop();
    }
}

// Nobody told us to stop it in time: whoever would have is not there.
void Keeper::end_late() {
    end_at_.reset();
    if (has_ended_ || kill_at_) return;
    execution_.timed_out = true;
    begin_to_stop();
}

void Keeper::copy_output() {
    std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
    for (int i = 0; i < kReadsMax && process_.output.is_open(); ++i) {
        ssize_t got = ::read(process_.output.get(), buffer.data(), buffer.size());
        if (got > 0) {
            output_.append({buffer.data(), static_cast<size_t>(got)});
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            process_.output = FileDescriptor();
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

bool Keeper::reap() {
    while (true) {
        int status = 0;
        pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid == 0) return true;
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) return false;
        if (pid == process_.pid) note_end(status);
    }
}

void Keeper::note_end(int status) {
    has_ended_ = true;
    end_at_.reset();
    count_at_.reset();
    if (!execution_.error.empty() && execution_.ended != Time{}) return;  // it never became the command
    execution_.ended = SystemClock().now();
    if (WIFEXITED(status)) execution_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) execution_.signal = WTERMSIG(status);
    if (execution_.signal == SIGXCPU && execution_.error.empty()) {
        execution_.error =
            "it used more than its limit of " + std::to_string(command_.limits.cpu.count()) + " s of CPU";
    }
}

std::vector<ProcessEntry> Keeper::tree() const {
    auto found = descendants_of(::getpid(), list_processes());
    std::erase_if(found, [](const ProcessEntry& process) { return process.is_zombie; });
    return found;
}

void Keeper::begin_to_stop() {
    if (kill_at_) return;
    kill_at_ = SteadyClock::now() + command_.grace;
    for (const auto& process : tree()) {
        ::kill(process.identity.pid, SIGTERM);
        ::kill(process.identity.pid, SIGCONT);  // a stopped one would sleep through it
    }
}

void Keeper::kill_all() {
    // Stopped processes cannot fork, so the passes catch up with one that forks as fast as it can.
    std::vector<ProcessEntry> found;
    size_t known = 0;
    for (int pass = 0; pass < kFreezePassesMax; ++pass) {
        found = tree();
        for (const auto& process : found) ::kill(process.identity.pid, SIGSTOP);
        if (found.size() <= known) break;
        known = found.size();
    }
    for (const auto& process : found) ::kill(process.identity.pid, SIGKILL);
    if (group_) kill_group(group_->folder());
    kill_at_ = SteadyClock::now() + kill_again_;
    kill_again_ = std::min(kill_again_ * 2, kKillAgainMax);
}

void Keeper::check_process_count() {
    count_at_ = SteadyClock::now() + kCountEvery;
    size_t everybody = count_tasks();
    if (++ticks_since_count_ < kFullCountEvery && everybody < everybody_max_) return;
    size_t count = tree().size();
    ticks_since_count_ = 0;
    everybody_max_ = everybody + (command_.limits.processes - std::min(count, command_.limits.processes)) / 2;
    if (count <= command_.limits.processes) return;
    execution_.error = "it had " + std::to_string(count) + " processes, more than its limit of " +
                       std::to_string(command_.limits.processes);
    count_at_.reset();
    kill_all();
}

}  // namespace nightshift::jobs
