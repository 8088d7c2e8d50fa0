#include "jobs/runner/spawn_keeper.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "jobs/runner/command_wire.h"

namespace nightshift::jobs {
namespace {

constexpr int kInput = 0;
constexpr int kLock = 3;
// Copies are made from here up, so that no dup2 below overwrites what another still needs.
constexpr int kLowest = 10;

// posix_spawn's two objects, which must be destroyed.
struct SpawnOptions {
    SpawnOptions() {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }
    ~SpawnOptions() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
    SpawnOptions(const SpawnOptions&) = delete;
    SpawnOptions& operator=(const SpawnOptions&) = delete;

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

FileDescriptor copy_above(int fd) {
    return FileDescriptor(::fcntl(fd, F_DUPFD_CLOEXEC, kLowest));
}

// In memory, so that no secret of the environment or the input touches a disk, and whole before the keeper
// exists.
Result<FileDescriptor> hand_over(const Command& command) {
    FileDescriptor file(::memfd_create("command", MFD_CLOEXEC));
    if (!file.is_open()) return fail_errno("make", "a file in memory for the command");
    std::string bytes = encode_command(command);
    std::string_view rest = bytes;
    while (!rest.empty()) {
        ssize_t put = ::write(file.get(), rest.data(), rest.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return fail_errno("write", "the command in memory");
        rest.remove_prefix(static_cast<size_t>(put));
    }
    return copy_above(file.get());
}

void set_signals(posix_spawnattr_t& attributes) {
    sigset_t set;
    ::sigfillset(&set);
    ::posix_spawnattr_setsigdefault(&attributes, &set);
    // What is sent before the keeper listens waits for it.
    ::sigemptyset(&set);
    for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGCHLD}) ::sigaddset(&set, signal);
    ::posix_spawnattr_setsigmask(&attributes, &set);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

}  // namespace

std::filesystem::path find_keeper_program() {
    std::error_code error;
    const std::filesystem::path self = "/proc/self/exe";
    auto keeper = std::filesystem::read_symlink(self, error).parent_path() / "nightshift-keep";
    return ::access(keeper.c_str(), X_OK) == 0 ? keeper : self;
}

Result<pid_t> spawn_keeper(const std::filesystem::path& program, const std::filesystem::path& folder,
                           const FileDescriptor& lock, const Command& command) {
    NS_TRY(FileDescriptor input, hand_over(command));
    FileDescriptor lock_copy = copy_above(lock.get());
    if (!input.is_open() || !lock_copy.is_open()) return fail_errno("copy a descriptor for", folder.native());
    SpawnOptions options;
    set_signals(options.attributes);
    ::posix_spawn_file_actions_adddup2(&options.actions, input.get(), kInput);
    ::posix_spawn_file_actions_addopen(&options.actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&options.actions, 2, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&options.actions, lock_copy.get(), kLock);
    // A listening socket that lived on in a keeper would keep its port from our successor.
    ::posix_spawn_file_actions_addclosefrom_np(&options.actions, kLock + 1);

    std::array<const char*, 4> argv{program.c_str(), "keep", folder.c_str(), nullptr};
    const char* libraries = ::getenv("LD_LIBRARY_PATH");
    std::string variable = std::string("LD_LIBRARY_PATH=") + (libraries == nullptr ? "" : libraries);
    std::array<const char*, 2> environment{libraries == nullptr ? nullptr : variable.c_str(), nullptr};
    pid_t pid = 0;
    int error = ::posix_spawn(&pid, program.c_str(), &options.actions, &options.attributes,
                              const_cast<char**>(argv.data()), const_cast<char**>(environment.data()));
    if (error == EAGAIN || error == ENOMEM) {
        return fail(Code::kLimit, "no room for another process: {}", std::strerror(error));
    }
    if (error != 0) return fail(Code::kIo, "start {} keep: {}", program.native(), std::strerror(error));
    return pid;
}

}  // namespace nightshift::jobs
