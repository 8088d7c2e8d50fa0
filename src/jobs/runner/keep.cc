#include "jobs/runner/keep.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "jobs/runner/command_wire.h"
#include "jobs/runner/keeper.h"
#include "jobs/runner/run_folder.h"

namespace nightshift::jobs {
namespace {

constexpr int kCommandFd = 0;
constexpr int kLockFd = 3;
constexpr int kEndTriesMax = 600;

Result<FileDescriptor> take_over_signals() {
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    ::sigemptyset(&set);
    for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGCHLD}) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    FileDescriptor signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals.is_open()) return fail_errno("make", "a signalfd");
    return signals;
}

Result<Command> receive_command() {
    struct stat status{};
    if (::fstat(kCommandFd, &status) != 0) return fail_errno("stat", "the command");
    std::string bytes(static_cast<size_t>(status.st_size), '\0');
    if (::pread(kCommandFd, bytes.data(), bytes.size(), 0) != status.st_size) {
        return fail_errno("read", "the command");
    }
    return decode_command(bytes);
}

Execution failed_execution(const Error& error) {
    Execution execution;
    execution.started = execution.ended = SystemClock().now();
    execution.error = error.message;
    return execution;
}

Execution run_command(const std::filesystem::path& folder, size_t& leftovers) {
    auto signals = take_over_signals();
    if (!signals) return failed_execution(signals.error());
    auto command = receive_command();
    if (!command) return failed_execution(command.error());
    Keeper keeper(folder, std::move(*command), std::move(*signals));
    Execution execution = keeper.run();
    leftovers = keeper.leftovers();
    return execution;
}

// The end of a run is worth waiting for a disk that is full: first at the cost of older output.
void keep_end(const std::filesystem::path& folder, const Execution& execution, size_t leftovers) {
    for (int tries = 0; tries < kEndTriesMax; ++tries) {
        std::error_code ignored;
        if (write_end(folder, execution, leftovers) || !std::filesystem::exists(folder, ignored)) return;
        auto parts = output_parts(folder);
        if (parts.size() > 1) std::filesystem::remove(parts.front(), ignored);
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}

}  // namespace

int keep(const std::filesystem::path& run_folder) {
    if (!is_lock_of(kLockFd, run_folder)) {
        std::fputs("nightshift keep is started by nightshift itself, with the run's lock\n", stderr);
        return 2;
    }
    ::fcntl(kLockFd, F_SETFD, FD_CLOEXEC);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_NAME, "keeper");
    [[maybe_unused]] int moved = ::chdir("/");
    size_t leftovers = 0;
    Execution execution = run_command(run_folder, leftovers);
    keep_end(run_folder, execution, leftovers);
    return 0;
}

}  // namespace nightshift::jobs
