#include "jobs/runner/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

namespace nightshift::jobs {
namespace {

// What went wrong between fork and exec.
struct Fault {
    enum Step : int { kFolder, kLimits, kGroup, kExecute } step;
    int error;
};

struct Limit {
    int resource;
    rlimit value;
};

// Everything the child needs, made before the fork: after it only system calls are safe.
struct Plan {
    const char* program;
    const char* folder;
    std::string group;  // the entrance of the control group; empty: none
    std::vector<char*> argv;
    std::vector<std::string> environment;
    std::vector<char*> envp;
    std::vector<Limit> limits;
    int input;
    int output;
    int gate;
    int error;
    pid_t keeper;
};

std::vector<Limit> limits_of(const ProcessLimits& limits, bool has_group) {
    std::vector<Limit> out;
    // Data counts what may really be written; node and Go reserve terabytes of address space.
    if (limits.memory_bytes > 0 && !has_group)
        out.push_back({RLIMIT_DATA, {limits.memory_bytes, limits.memory_bytes}});
    if (limits.open_files > 0) out.push_back({RLIMIT_NOFILE, {limits.open_files, limits.open_files}});
    if (limits.cpu.count() > 0) {
        auto seconds = static_cast<rlim_t>(limits.cpu.count());
        out.push_back({RLIMIT_CPU, {seconds, seconds + 5}});  // SIGXCPU, then SIGKILL
    }
    for (auto& limit : out) {
        rlimit now{};
        if (::getrlimit(static_cast<__rlimit_resource_t>(limit.resource), &now) != 0) continue;
        limit.value.rlim_max = std::min(limit.value.rlim_max, now.rlim_max);
        limit.value.rlim_cur = std::min(limit.value.rlim_cur, limit.value.rlim_max);
    }
    return out;
}

// A file in memory that the command reads from its beginning: nobody has to feed it.
Result<FileDescriptor> open_input(const std::string& input) {
    if (input.empty()) {
        FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!null.is_open()) return fail_errno("open", "/dev/null");
        return null;
    }
    FileDescriptor file(::memfd_create("input", MFD_CLOEXEC));
    if (!file.is_open()) return fail_errno("make", "a file in memory for the input");
    for (size_t done = 0; done < input.size();) {
        ssize_t put = ::write(file.get(), input.data() + done, input.size() - done);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return fail_errno("write", "the input");
        done += static_cast<size_t>(put);
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

Result<void> open_pipe(FileDescriptor& read_end, FileDescriptor& write_end) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make", "a pipe");
    read_end = FileDescriptor(ends[0]);
    write_end = FileDescriptor(ends[1]);
    return {};
}

// From here to become_command(): between fork and exec. Nothing that allocates, locks or throws.

[[noreturn]] void report(const Plan& plan, Fault::Step step) {
    Fault fault{step, errno};
    [[maybe_unused]] ssize_t put = ::write(plan.error, &fault, sizeof fault);
    ::_exit(127);
}

void enter_group(const Plan& plan) {
    if (plan.group.empty()) return;
    int file = ::open(plan.group.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0 || ::write(file, "0", 1) != 1) report(plan, Fault::kGroup);
    ::close(file);
}

void reset_signals() {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void wait_at_gate(const Plan& plan) {
    char word = 0;
    ssize_t got = 0;
    do {
        got = ::read(plan.gate, &word, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) ::_exit(127);  // the keeper is gone
}

[[noreturn]] void become_command(const Plan& plan) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.keeper) ::_exit(127);
    reset_signals();
    enter_group(plan);
    if (::dup2(plan.input, 0) < 0 || ::dup2(plan.output, 1) < 0 || ::dup2(plan.output, 2) < 0) {
        report(plan, Fault::kExecute);
    }
    ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (::chdir(plan.folder) != 0) report(plan, Fault::kFolder);
    wait_at_gate(plan);
    for (const auto& limit : plan.limits) {
        if (::setrlimit(static_cast<__rlimit_resource_t>(limit.resource), &limit.value) != 0) {
            report(plan, Fault::kLimits);
        }
    }
    ::execve(plan.program, plan.argv.data(), plan.envp.data());
    report(plan, Fault::kExecute);
}

Plan make_plan(const Command& command, const std::string& program, const ControlGroup* group) {
    Plan plan{.program = program.c_str(),
              .folder = command.folder.c_str(),
              .group = group == nullptr ? "" : group->entrance().native(),
              .argv = {},
              .environment = {},
              .envp = {},
              .limits = limits_of(command.limits, group != nullptr),
              .input = -1,
              .output = -1,
              .gate = -1,
              .error = -1,
              .keeper = ::getpid()};
    for (const auto& argument : command.argv) plan.argv.push_back(const_cast<char*>(argument.c_str()));
    plan.argv.push_back(nullptr);
    for (const auto& [name, value] : command.environment) plan.environment.push_back(name + "=" + value);
    for (auto& variable : plan.environment) plan.envp.push_back(variable.data());
    plan.envp.push_back(nullptr);
    return plan;
}

std::string_view name_of(Fault::Step step) {
    switch (step) {
        case Fault::kFolder:
            return "enter the working folder of";
        case Fault::kLimits:
            return "set the limits of";
        case Fault::kGroup:
            return "enter the control group of";
        case Fault::kExecute:
            return "execute";
    }
    return "start";
}

}  // namespace

Result<GatedProcess> fork_gated(const Command& command, const std::string& program,
                                const ControlGroup* group) {
    Plan plan = make_plan(command, program, group);
    NS_TRY(FileDescriptor input, open_input(command.input));
    GatedProcess process;
    FileDescriptor output;
    FileDescriptor gate;
    FileDescriptor error;
    if (auto made = open_pipe(process.output, output); !made) return Failure(made.error());
    if (auto made = open_pipe(gate, process.gate); !made) return Failure(made.error());
    if (auto made = open_pipe(process.error, error); !made) return Failure(made.error());
    ::fcntl(process.output.get(), F_SETFL, O_NONBLOCK);
    plan.input = input.get();
    plan.output = output.get();
    plan.gate = gate.get();
    plan.error = error.get();
    process.pid = ::fork();
    if (process.pid < 0) return fail_errno("fork for", program);
    if (process.pid == 0) {
        // Its own copy would keep the gate from closing when the keeper dies.
        ::close(process.gate.get());
        become_command(plan);
    }
    return process;
}

Result<void> GatedProcess::open_gate() {
    char word = 1;
    // A fault before the gate shows as a closed one; it is in the error pipe.
    [[maybe_unused]] ssize_t put = ::write(gate.get(), &word, 1);
    gate = FileDescriptor();
    Fault fault{};
    ssize_t got = 0;
    do {
        got = ::read(error.get(), &fault, sizeof fault);
    } while (got < 0 && errno == EINTR);
    error = FileDescriptor();
    if (got == 0) return {};  // closed by exec
    if (got != sizeof fault) return fail(Code::kIo, "the process ended before it became the command");
    return fail(Code::kIo, "cannot {} the command: {}", name_of(fault.step), std::strerror(fault.error));
}

}  // namespace nightshift::jobs
