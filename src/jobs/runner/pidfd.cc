#include "jobs/runner/pidfd.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

// By number: <sys/pidfd.h> of glibc 2.36 lacks its extern "C".
namespace nightshift::jobs {

FileDescriptor open_process(pid_t own_child) {
    return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, own_child, 0)));
}

FileDescriptor open_process(const ProcessIdentity& identity) {
    FileDescriptor process = open_process(identity.pid);
    if (!process.is_open()) return process;
    // Looked at after the handle was taken: if it is still the one now, the handle is of that one.
    auto entry = read_process(identity.pid);
    if (!entry || entry->identity != identity) return {};
    return process;
}

bool send_signal(const FileDescriptor& process, int signal) {
    return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

void reap_child(const FileDescriptor& process) {
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(process.get()), &info, WEXITED | WNOHANG);
}

}  // namespace nightshift::jobs
