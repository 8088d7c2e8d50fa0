#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "jobs/runner/command.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// A running, or ended, process under its keeper. The keeper is this same program started as `nightshift keep
// RUN_FOLDER`: it owns the command's process group, writes its output to RUN_FOLDER and its end to
// RUN_FOLDER/exit.json, and outlives us. So a run survives a restart of Nightshift, and how it ended is never
// lost.
//
// All methods on the loop given to start() or adopt().
class Process {
public:
    // Starts `command` in `run_folder`, which must be new: a folder that has been started once is refused
    // with kConflict, whoever asks. kInvalid when the program or folder does not exist; kIo, kLimit from the
    // operating system.
    static Result<std::unique_ptr<Process>> start(io::Loop& loop, const std::filesystem::path& program,
                                                  const std::filesystem::path& run_folder,
                                                  const Command& command);
    // Finds what became of a run after a restart: still running (then it is ours again), ended, or never
    // started (kNotFound: it is safe to start it now). A run whose keeper died without a word is `lost`.
    static Result<std::unique_ptr<Process>> adopt(io::Loop& loop, const std::filesystem::path& run_folder);
    ~Process();  // does not stop the process

    // The command's process and process group; 0 before it was started and when it has ended.
    int pid() const;
    // Returns when the process and its keeper have ended, at once if they have.
    Task<Execution> wait();
    // SIGTERM to the whole tree, SIGKILL after the grace; returns when it has ended.
    Task<Execution> stop(bool timed_out);

private:
    struct State;
    explicit Process(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // shared with those who wait
};

}  // namespace nightshift::jobs
