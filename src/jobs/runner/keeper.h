#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"
#include "jobs/runner/command.h"
#include "jobs/runner/control_group.h"
#include "jobs/runner/launch.h"
#include "jobs/runner/output_file.h"
#include "jobs/runner/process_tree.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// Starts one command and stays until nothing of it is left. One thread, which sleeps in poll(); the caller
// has blocked the signals that `signals`, a signalfd, delivers.
class Keeper {
public:
    Keeper(std::filesystem::path folder, Command command, FileDescriptor signals);

    // Returns when the command and all that descends from it have ended. Writes started.json and the output;
    // how it ended is returned.
    Execution run();
    // Processes that the command left behind and that were ended here.
    size_t leftovers() const { return leftovers_; }

private:
    using Steady = std::chrono::steady_clock::time_point;

    Result<void> start();
    void serve();
    void wait_for_news();
    void take_signals();
    void end_late();
    void copy_output();
    // Collects those who have ended. False when there are no children any more.
    bool reap();
    void note_end(int status);
    // Asks everything that descends from us to end; the grace runs from now.
    void begin_to_stop();
    void kill_all();
    void check_process_count();
    // Makes the run's control group where the system lets us.
    void enter_group();
    void take_account();
    std::vector<ProcessEntry> tree() const;

    std::filesystem::path folder_;
    Command command_;
    FileDescriptor signals_;
    OutputFile output_;
    std::optional<ControlGroup> group_;
    GatedProcess process_;
    Execution execution_;
    bool has_ended_ = false;         // the command itself, not yet all that it left
    bool stop_asked_ = false;        // before the command was started
    std::optional<Steady> kill_at_;  // set while stopping
    std::chrono::milliseconds kill_again_;
    std::optional<Steady> end_at_;    // its time is up then
    std::optional<Steady> count_at_;  // when the processes are counted next
    int ticks_since_count_ = 0;
    size_t everybody_max_ = 0;  // tasks of the whole machine beyond which ours are counted at once
    size_t leftovers_ = 0;
};

}  // namespace nightshift::jobs
