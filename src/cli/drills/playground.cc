#include "cli/drills/playground.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "base/file.h"

namespace nightshift::cli::drills {
namespace {

namespace fs = std::filesystem;

constexpr int kEndRoundsMax = 200;
constexpr timespec kBetweenRounds{0, 20'000'000};
constexpr timespec kLookEvery{0, 200'000'000};

sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    return signals;
}

// Who was started by us, or was left to us when its parent died.
std::vector<pid_t> children() {
    std::vector<pid_t> all;
    std::error_code error;
    for (const fs::directory_entry& task : fs::directory_iterator("/proc/self/task", error)) {
        std::ifstream file(task.path() / "children");
        for (pid_t pid = 0; file >> pid;) all.push_back(pid);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& each : texts) out.push_back(each.data());
    out.push_back(nullptr);
    return out;
}

// After fork() in a program with threads: only what is safe in a signal handler.
[[noreturn]] void become(const char* path, char** arguments, char** environment, const char* folder,
                         int log) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // A limit on file sizes stands in for a full disk: it shall be an error, as there, and no death.
    std::signal(SIGXFSZ, SIG_IGN);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    // An imposter that dies must not live on in the sockets that its loop left to us.
    close_range(STDERR_FILENO + 1, ~0U, 0);
    if (chdir(folder) == 0) execve(path, arguments, environment);
    _exit(127);
}

}  // namespace

Result<std::unique_ptr<Playground>> Playground::open(bool keeps) {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "nightshift-drill.XXXXXX").native();
    if (::mkdtemp(pattern.data()) == nullptr) return fail_errno("make a temporary folder", pattern);
    sigset_t signals = ending_signals();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    // Whoever stops reading what we print shall not end us before we have cleaned up.
    std::signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return std::unique_ptr<Playground>(new Playground(pattern, keeps));
}

Playground::Playground(fs::path folder, bool keeps) : folder_(std::move(folder)), keeps_(keeps) {
    watcher_ = std::thread([this] { watch_signals(); });
}

Playground::~Playground() {
    is_over_ = true;
    watcher_.join();
    clean_up();
}

void Playground::watch_signals() {
    sigset_t signals = ending_signals();
    while (!is_over_) {
        int signal = sigtimedwait(&signals, nullptr, &kLookEvery);
        if (signal < 0) continue;
        clean_up();
        std::fputs("nightshift: the drill was interrupted; its processes and its folder are gone\n", stderr);
        _exit(128 + signal);
    }
}

void Playground::clean_up() {
    end_all();
    if (keeps_) return;
    std::error_code error;
    fs::remove_all(folder_, error);
}

Result<pid_t> Playground::start(const Program& program) {
    FileDescriptor log(::open(program.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!log.is_open()) return fail_errno("open", program.log.native());
    std::vector<std::string> words = program.arguments;
    words.insert(words.begin(), program.path.native());
    std::vector<std::string> variables = program.environment;
    std::vector<char*> arguments = pointers(words);
    std::vector<char*> environment = pointers(variables);
    std::lock_guard lock(starting_);
    pid_t pid = ::fork();
    if (pid < 0) return fail_errno("start", program.path.native());
    if (pid == 0)
        become(program.path.c_str(), arguments.data(), environment.data(), program.folder.c_str(), log.get());
    return pid;
}

void Playground::end_all() {
    std::lock_guard lock(starting_);
    for (int round = 0; round < kEndRoundsMax; ++round) {
        std::vector<pid_t> left = children();
        if (left.empty()) return;
        for (pid_t pid : left) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, WNOHANG);
        }
        nanosleep(&kBetweenRounds, nullptr);
    }
}

}  // namespace nightshift::cli::drills
