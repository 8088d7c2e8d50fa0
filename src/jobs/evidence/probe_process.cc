#include "jobs/evidence/probe_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/file.h"

namespace nightshift::jobs::evidence {
namespace {

constexpr milliseconds kReapPatience{1000};  // for a killed process that hangs in the kernel
constexpr int64_t kStopPollMs = 50;

// What posix_spawn is told; frees it.
class SpawnPlan {
public:
    SpawnPlan() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    void prepare(int output, const std::string& folder) {
        ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, output, 1);
        ::posix_spawn_file_actions_adddup2(&actions_, output, 2);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
        if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

Result<pid_t> spawn(const ProbeCommand& command, int output) {
    std::vector<std::string> argv = command.argv;
    std::vector<std::string> environment;
    for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
    const char* path = std::getenv("PATH");
    if (!command.environment.contains("PATH"))
        environment.push_back(std::string("PATH=") + (path ? path : "/usr/local/bin:/usr/bin:/bin"));
    SpawnPlan plan;
    plan.prepare(output, command.folder);
    pid_t pid = 0;
    int error = ::posix_spawnp(&pid, argv.front().c_str(), plan.actions(), plan.attributes(),
                               pointers(argv).data(), pointers(environment).data());
    if (error == 0) return pid;
    return fail(error == ENOENT || error == EACCES || error == ENOTDIR ? Code::kInvalid : Code::kIo,
                "cannot run {} in {}: {}", argv.front(),
                command.folder.empty() ? "our folder" : command.folder, std::strerror(error));
}

// Takes what one read gives. False at the pipe's end, or when it is empty.
bool read_some(int pipe, ProbeEnd& end, size_t bytes_max) {
    char buffer[65536];
    ssize_t count = ::read(pipe, buffer, sizeof buffer);
    if (count <= 0) return count < 0 && errno == EINTR;
    end.output_bytes += static_cast<uint64_t>(count);
    size_t room = bytes_max - std::min(bytes_max, end.output.size());
    end.output.append(buffer, std::min(static_cast<size_t>(count), room));
    return true;
}

// What an ended process left in its pipe; others of its group may write on for ever.
void drain(int pipe, ProbeEnd& end, size_t bytes_max) {
    while (end.output.size() < bytes_max && read_some(pipe, end, bytes_max)) {
    }
}

// Until the process has ended, the time has, or nobody wants it any more.
void watch(int process, int pipe, Until until, const std::stop_token& stop, size_t bytes_max, ProbeEnd& end) {
    pollfd waits[] = {{process, POLLIN, 0}, {pipe, POLLIN, 0}};
    const int64_t wait_max = stop.stop_possible() ? kStopPollMs : 60'000;
    while (true) {
        end.timed_out = has_passed(until);
        end.was_stopped = stop.stop_requested();
        if (end.timed_out || end.was_stopped) return;
        int ready = ::poll(waits, 2, static_cast<int>(std::min<int64_t>(time_left(until).count(), wait_max)));
        if (ready < 0 && errno != EINTR) return;
        if (ready <= 0) continue;
        if (waits[0].revents != 0) return drain(pipe, end, bytes_max);
        if (waits[1].revents != 0 && !read_some(pipe, end, bytes_max)) waits[1].fd = -1;
    }
}

// Ends the group before its leader is reaped: until then nobody else can get its number.
void end_group(pid_t pid, ProbeEnd& end) {
    ::kill(-pid, SIGKILL);
    int status = 0;
    Until patience = std::chrono::steady_clock::now() + kReapPatience;
    while (::waitpid(pid, &status, WNOHANG) == 0) {
        if (has_passed(patience)) return;
        std::this_thread::sleep_for(milliseconds(1));
    }
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
}

}  // namespace

Result<ProbeEnd> run_probe(const ProbeCommand& command, Until until, const std::stop_token& stop) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make", "a pipe");
    FileDescriptor reading(ends[0]);
    std::optional<FileDescriptor> writing(ends[1]);
    ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
    NS_TRY(pid_t pid, spawn(command, writing->get()));
    writing.reset();
    ProbeEnd end;
    FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (process.is_open()) watch(process.get(), reading.get(), until, stop, command.output_bytes_max, end);
    end_group(pid, end);
    if (!process.is_open()) return fail(Code::kIo, "the kernel gives no descriptor for a process");
    return end;
}

}  // namespace nightshift::jobs::evidence
