#include "jobs/runner/process.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>

#include "base/assert.h"
#include "io/condition.h"
#include "jobs/runner/control_group.h"
#include "jobs/runner/pidfd.h"
#include "jobs/runner/program.h"
#include "jobs/runner/run_folder.h"
#include "jobs/runner/spawn_keeper.h"

namespace nightshift::jobs {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// How often a folder is looked at while there is no process to wait for: its keeper is only just being born,
// or dying.
constexpr milliseconds kLookAgainMin{10};
constexpr milliseconds kLookAgainMax{1000};

void add_defaults(Command& command) {
    command.environment.try_emplace("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    const char* home = ::getenv("HOME");
    command.environment.try_emplace("HOME", home == nullptr ? "/" : home);
}

// What a killed keeper left in its control group and its session. Its command dies with it; the children of
// that do not.
void kill_remains(const RunStart& start) {
    if (start.boot_id != read_boot_id() || start.keeper.pid == 0) return;
    if (!start.group.empty()) {
        kill_group(start.group);
        remove_group(start.group);
    }
    // The number of a session is not used again while a process of it lives; should it have been, then
    // its leader is somebody else.
    auto leader = read_process(start.keeper.pid);
    if (leader && leader->identity != start.keeper) return;
    for (const auto& process : list_processes()) {
        if (process.session != start.keeper.pid) continue;
        if (process.identity.start_ticks < start.keeper.start_ticks) continue;
        ::kill(process.identity.pid, SIGKILL);
    }
}

}  // namespace

struct Process::State : std::enable_shared_from_this<State> {
    State(io::Loop& own_loop, std::filesystem::path run_folder)
        : loop(own_loop),
          folder(std::move(run_folder)),
          keeper_ended(own_loop.context()),
          next_look(own_loop.context()) {}

    // Waits for the keeper when there is a handle on it, for a moment otherwise, and looks again.
    void watch();
    void look();
    void take_handle(FileDescriptor process);
    void end_with(Execution execution);
    void send_stop();

    io::Loop& loop;
    std::filesystem::path folder;
    FileDescriptor keeper;
    asio::posix::stream_descriptor keeper_ended;  // a copy of `keeper` for the loop's reactor
    asio::steady_timer next_look;
    milliseconds look_again = kLookAgainMin;
    std::optional<RunStart> start;
    std::optional<Execution> ended;
    int stop_signal = 0;  // wanted, and not sent yet or sent to a keeper that has not ended
    io::Condition changed;
};

void Process::State::take_handle(FileDescriptor process) {
    keeper = std::move(process);
    if (!keeper.is_open()) return;
    int copy = ::fcntl(keeper.get(), F_DUPFD_CLOEXEC, 0);
    if (copy >= 0) keeper_ended.assign(copy);
    if (stop_signal != 0) send_stop();
}

void Process::State::watch() {
    std::weak_ptr<State> weak = weak_from_this();
    if (keeper_ended.is_open()) {
        keeper_ended.async_wait(asio::posix::stream_descriptor::wait_read,
                                [weak](const boost::system::error_code& error) {
                                    auto state = weak.lock();
                                    if (!state || error) return;
                                    reap_child(state->keeper);
                                    state->keeper_ended.close();
                                    state->keeper = FileDescriptor();
                                    state->look();
                                });
        return;
    }
    next_look.expires_after(look_again);
    look_again = std::min(look_again * 2, kLookAgainMax);
    next_look.async_wait([weak](const boost::system::error_code& error) {
        auto state = weak.lock();
        if (state && !error) state->look();
    });
}

void Process::State::look() {
    RunFound found = inspect_run(folder);
    if (found.start) start = found.start;
    switch (found.state) {
        case RunState::kRunning:
            if (start) take_handle(open_process(start->keeper));
            watch();
            return;
        case RunState::kNew:
            found.execution.error = "its keeper ended before it could start the command";
            found.execution.started = found.execution.ended = SystemClock().now();
            break;
        case RunState::kLost:
            if (start) kill_remains(*start);
            break;
        case RunState::kEnded:
            break;
    }
    end_with(std::move(found.execution));
}

void Process::State::end_with(Execution execution) {
    ended = std::move(execution);
    changed.notify_all();
}

void Process::State::send_stop() {
    if (keeper.is_open()) send_signal(keeper, stop_signal);
}

Result<std::unique_ptr<Process>> Process::start(io::Loop& loop, const std::filesystem::path& program,
                                                const std::filesystem::path& run_folder,
                                                const Command& command) {
    NS_ASSERT(loop.is_current());
    Command whole = command;
    if (!whole.folder.empty()) whole.folder = std::filesystem::absolute(whole.folder);
    add_defaults(whole);
    NS_TRY([[maybe_unused]] auto file, resolve_program(whole));
    auto state = std::make_shared<State>(loop, std::filesystem::absolute(run_folder));
    NS_TRY(FileDescriptor lock, claim_run(state->folder));
    NS_TRY(pid_t pid, spawn_keeper(program, state->folder, lock, whole));
    // From here on only the keeper holds the lock.
    lock = FileDescriptor();
    state->take_handle(open_process(pid));
    state->watch();
    return std::unique_ptr<Process>(new Process(std::move(state)));
}

Result<std::unique_ptr<Process>> Process::adopt(io::Loop& loop, const std::filesystem::path& run_folder) {
    NS_ASSERT(loop.is_current());
    auto state = std::make_shared<State>(loop, std::filesystem::absolute(run_folder));
    if (inspect_run(state->folder).state == RunState::kNew) {
        return fail(Code::kNotFound, "{} was never started", run_folder.native());
    }
    state->look();
    return std::unique_ptr<Process>(new Process(std::move(state)));
}

Process::Process(std::shared_ptr<State> state) : state_(std::move(state)) {}

Process::~Process() = default;

int Process::pid() const {
    if (state_->ended) return 0;
    if (!state_->start) state_->start = inspect_run(state_->folder).start;
    return state_->start ? state_->start->command.pid : 0;
}

Task<Execution> Process::wait() {
    auto state = state_;
    while (!state->ended) co_await state->changed.wait();
    co_return *state->ended;
}

Task<Execution> Process::stop(bool timed_out) {
    if (!state_->ended && state_->stop_signal == 0) {
        state_->stop_signal = timed_out ? SIGALRM : SIGTERM;
        state_->send_stop();
    }
    return wait();
}

}  // namespace nightshift::jobs
